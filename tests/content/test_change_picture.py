"""The picture of a change: the ways from before to now, readable whatever the names and numbers are."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.calls import drawing
from bot.pictures import MAX_BYTES, render_png
from content.change_picture import HUNDRED, MARGIN, NAME_ROOM, ZERO, change_svg, place_rows
from content.look import colours
from content.svg_text import LINES, WIDTH, Box, score_words, text_width

NAMES = {
    "en": [
        *("Connection and devices", "Being found and talking to customers", "Selling online"),
        *("Payments, records and money", "Work, stock and suppliers", "People and digital skills"),
        *("Customers and numbers", "Safety and privacy", "Plan, support and new markets"),
    ],
    "es": [
        *("Conexión y dispositivos", "Presencia y comunicación con los clientes", "Comercialización en línea"),
        *("Pagos, registros y finanzas", "Trabajo, existencias y proveedores", "Personas y habilidades digitales"),
        *("Clientes y números", "Seguridad y privacidad", "Planificación, apoyo y nuevos mercados"),
    ],
    "vi": [
        *("Kết nối và thiết bị", "Được tìm thấy và trò chuyện với khách hàng", "Bán hàng trực tuyến"),
        *("Thanh toán, sổ sách và tài chính", "Công việc, kho hàng và nhà cung cấp", "Con người và kỹ năng số"),
        *("Khách hàng và số liệu", "An toàn và quyền riêng tư", "Kế hoạch, hỗ trợ và thị trường mới"),
    ],
}  # fmt: skip
PAIRS = [(25, 62), (50, 50), (0, 100), (62, 55.4), (40, 41), (80, 30), (33, 90), (100, 100), (0, 8)]
SVG = "{http://www.w3.org/2000/svg}"


def values(language="en", count=9):
    return [(name, *pair) for name, pair in zip(NAMES[language], PAIRS, strict=True)][:count]


def picture(rows, overall=(41, 58), **more):
    return change_svg(
        rows, overall, **({"title": "What has changed", "before": "First", "after": "Now"} | more)
    )


def drawn(svg, kind):
    return list(ET.fromstring(svg).iter(f"{SVG}{kind}"))  # noqa: S314 (our own drawing)


def texts(svg):
    return [node.text for node in drawn(svg, "text")]


def text_box(node) -> Box:
    x, y, size = (float(node.get(name)) for name in ("x", "y", "font-size"))
    width = text_width(node.text, size, int(node.get("font-weight")))
    left = {"start": x, "middle": x - width / 2, "end": x - width}[node.get("text-anchor")]
    return Box(left, y - size * 0.75, left + width, y)


def circle_box(node) -> Box:
    x, y, radius = (float(node.get(name)) for name in ("cx", "cy", "r"))
    reach = radius + float(node.get("stroke-width", 0)) / 2
    return Box(x - reach, y - reach, x + reach, y + reach)


def assert_nothing_touches(svg):
    words = [text_box(node) for node in drawn(svg, "text")]
    height = float(ET.fromstring(svg).get("height"))  # noqa: S314
    for at, box in enumerate(words):
        assert box.left >= MARGIN - 1
        assert box.right <= WIDTH - MARGIN + 1
        assert box.bottom <= height - MARGIN
        assert not any(box.touches(other) for other in words[at + 1 :])
        # The first circle belongs to the mark beside the title.
        assert not any(box.touches(circle_box(node)) for node in drawn(svg, "circle")[1:])


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("direction", ["ltr", "rtl"])
@pytest.mark.parametrize("language", list(NAMES))
@pytest.mark.parametrize("count", [1, 3, 9])
def test_a_change_is_a_picture_of_at_most_150_kilobytes(count, language, direction, dark):
    svg = picture(values(language, count), direction=direction, dark=dark)
    png = render_png(svg)
    assert png.startswith(b"\x89PNG")
    assert len(png) <= MAX_BYTES
    assert_nothing_touches(svg)


@pytest.mark.parametrize("language", list(NAMES))
def test_real_names_are_shown_whole_and_large(language):
    rows, size = place_rows(values(language), 0)
    assert [" ".join(row.lines) for row in rows] == NAMES[language]
    assert size >= 28


words = st.text(st.sampled_from("abcdefghimnoprstuMW éđửñ "), min_size=1, max_size=60).filter(str.strip)
score = st.floats(0, 100)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(words, score, score), min_size=1, max_size=9),
    st.tuples(score, score),
    words,
    st.sampled_from(["ltr", "rtl"]),
)
def test_nothing_touches_whatever_it_says(rows, overall, before, direction):
    assert_nothing_touches(picture(rows, overall, before=before, direction=direction))
    placed, size = place_rows(rows, 0)
    assert all(one.bottom < other.top for one, other in pairwise(placed))
    for row in placed:
        assert 1 <= len(row.lines) <= LINES
        assert all(text_width(line, size) <= NAME_ROOM for line in row.lines)


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
@pytest.mark.parametrize("pair", PAIRS)
def test_each_number_stands_beside_its_mark(pair, direction):
    svg = picture([("Selling", *pair)], None, direction=direction)
    marks = [
        circle_box(node) for node in drawn(svg, "circle")[3:]
    ]  # after the title's mark and the legend's two
    numbers = [text_box(node) for node in drawn(svg, "text")[-len(marks) :]]
    assert texts(svg)[-len(marks) :] == [score_words(at) for at in dict.fromkeys(pair)]
    for mark, number in zip(marks, numbers, strict=True):
        assert 0 < max(number.left - mark.right, mark.left - number.right) < 16
        assert number.top < (mark.top + mark.bottom) / 2 < number.bottom


def test_marks_stand_where_their_scores_lie_on_the_track():
    first, then = drawn(picture([("Selling", 25, 75)], None), "circle")[3:]
    assert float(first.get("cx")) == pytest.approx(ZERO + (HUNDRED - ZERO) / 4, abs=0.1)
    assert float(then.get("cx")) == pytest.approx(ZERO + (HUNDRED - ZERO) * 3 / 4, abs=0.1)


def test_before_is_a_ring_in_clay_and_now_a_full_dot_in_the_colour_of_the_path():
    legend, row = (
        drawn(picture([("Selling", 25, 75)], None), "circle")[part] for part in (slice(1, 3), slice(3, 5))
    )
    for ring, dot in (legend, row):
        assert ring.get("stroke") == colours()["clay"]
        assert (dot.get("fill"), dot.get("stroke")) == (colours()["path"], None)
    assert texts(picture([("Selling", 25, 75)], None))[1:3] == ["First", "Now"]


@pytest.mark.parametrize("pair", [(50, 50), (49.8, 50.2)])
def test_what_shows_the_same_number_has_one_dot_and_one_number(pair):
    svg = picture([("Selling", *pair)], None)
    assert len(drawn(svg, "circle")) == 4
    assert texts(svg).count("50") == 1


def test_what_fell_back_has_no_colour_of_alarm():
    svg = picture([("Selling", 80, 30)], (80, 30))
    assert not {colours()[name] for name in ("bad", "warn")} & set(re.findall("#[0-9A-F]{6}", svg))


def test_what_was_not_compared_is_left_out():
    svg = picture([("Selling", 25, 75), ("Safety", None, None)])
    assert "Safety" not in texts(svg)
    assert svg == picture([("Selling", 25, 75)])


def test_the_whole_stands_at_the_top_and_is_larger():
    svg = picture([("Selling", 25, 75)], (41, 58))
    whole, row = (next(n for n in drawn(svg, "text") if n.text == score) for score in ("58", "75"))
    assert float(whole.get("y")) < float(row.get("y"))
    assert float(whole.get("font-size")) > float(row.get("font-size"))
    assert "58" not in texts(picture([("Selling", 25, 75)], None))


def test_from_right_to_left_everything_stands_on_the_other_side():
    plain, turned = (drawn(picture(values(), direction=way), "circle") for way in ("ltr", "rtl"))
    for one, other in zip(plain[1:], turned[1:], strict=True):
        assert float(one.get("cx")) + float(other.get("cx")) == pytest.approx(WIDTH, abs=0.2)
    plain, turned = (drawn(picture(values(), direction=way), "text") for way in ("ltr", "rtl"))
    for one, other in zip(plain, turned, strict=True):
        assert {one.get("text-anchor"), other.get("text-anchor")} == {"start", "end"}
        assert float(one.get("x")) + float(other.get("x")) == pytest.approx(WIDTH, abs=0.2)


@pytest.mark.parametrize("dark", [False, True])
def test_words_and_numbers_are_written_in_tokens_for_text(dark):
    svg = picture(values(), dark=dark)
    assert set(re.findall("#[0-9A-F]{6}", svg)) <= set(colours(dark).values())
    assert {node.get("fill") for node in drawn(svg, "text")} == {
        colours(dark)[n] for n in ("ink", "clay", "path")
    }


def test_estimated_widths_of_numbers_are_not_too_small():
    """Measured on the picture: no column right of the estimate is coloured."""
    for number in ("0", "38", "100"):
        width = text_width(number, 38, 700)
        body = f'<text y="40" font-size="38" font-weight="700" font-family="Noto Sans">{number}</text>'
        frame = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="90" height="60" viewBox="{width:.0f} 0 90 60">'
        )
        assert render_png(f"{frame}{body}</svg>") == render_png(f"{frame}</svg>")


def test_words_with_signs_of_markup_stay_words():
    svg = picture([("A & <b>", 10, 20)], title="<script>", before="<i>")
    assert {"A & <b>", "<script>", "<i>"} <= set(texts(svg))


def test_a_call_for_a_change_draws_it_in_the_direction_of_the_language():
    asked = {
        "kind": "change",
        "values": [["Selling", 25, 75.0], ["Safety", None, None]],
        "overall": [41, 58],
        "title": "What has changed",
        "before": "First",
        "after": "Now",
    }
    rows = [("Selling", 25, 75.0)]
    assert drawing({**asked, "language": "vi"}) == picture(rows)
    assert drawing({**asked, "overall": None, "language": "ar"}) == picture(rows, None, direction="rtl")
