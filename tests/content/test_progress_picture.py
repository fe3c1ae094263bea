"""The picture of a package: every step has its name beside it, and shows how far she is."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.calls import drawing
from bot.pictures import MAX_BYTES, render_png
from content.look import LIGHT, colours
from content.progress_picture import progress_svg, step_boxes, wrapped_names
from content.svg_text import MARGIN, WIDTH, Box, text_width

NAMES = {
    "en": [
        *("Your place and your phone together", "Working for customers abroad", "Care for customers' details"),
        *("Showing where it comes from", "Government services online", "Quick answers and reviews"),
        *("Customers in more places", "Showing your work online", "Deciding with numbers"),
    ],
    "es": [
        *("Que su negocio se encuentre en internet", "Trabajar con clientes de otros países"),
        *("Una copia de seguridad que funciona", "Servicios del Estado por internet", "Decidir con números"),
        *("Clientes en más lugares", "Respuestas rápidas y opiniones", "Mostrar su trabajo", "Vender por internet"),
    ],
    "vi": [
        *("Chỗ bán và điện thoại đi cùng nhau", "Điện thoại sẵn sàng làm việc", "Nhận tiền không cần tiền mặt"),
        *("Để khách tìm thấy trên mạng", "Trả lời nhanh và đánh giá", "Dịch vụ công trực tuyến", "Bản sao lưu"),
        *("Quyết định bằng con số", "Khách hàng ở nhiều nơi hơn"),
    ],
}  # fmt: skip
STATES = ["done", "open", "waiting", "done", "waiting", "waiting", "open", "done", "waiting"]
SVG = "{http://www.w3.org/2000/svg}"


def items(language="en", count=9):
    return list(zip(NAMES[language], STATES, strict=True))[:count]


def picture(steps, **more):
    return progress_svg(steps, **({"title": "My steps", "done": "Done"} | more))


def drawn(svg, kind):
    return list(ET.fromstring(svg).iter(f"{SVG}{kind}"))  # noqa: S314 (our own drawing)


def texts(svg):
    return [node.text for node in drawn(svg, "text")]


def text_box(node) -> Box:
    x, y, size = (float(node.get(name)) for name in ("x", "y", "font-size"))
    width = text_width(node.text, size, int(node.get("font-weight")))
    left = {"start": x, "middle": x - width / 2, "end": x - width}[node.get("text-anchor")]
    return Box(left, y - size * 0.75, left + width, y)


def assert_nothing_touches(svg, count, direction):
    words = [text_box(node) for node in drawn(svg, "text")]
    steps = step_boxes(count, direction)
    columns = [Box(step.left, step.top, step.right, steps[0].bottom) for step in steps]
    height = float(ET.fromstring(svg).get("height"))  # noqa: S314
    for at, box in enumerate(words):
        assert box.left >= MARGIN - 1
        assert box.right <= WIDTH - MARGIN + 1
        assert box.bottom <= height - MARGIN
        assert not any(box.touches(other) for other in [*words[at + 1 :], *columns])


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("direction", ["ltr", "rtl"])
@pytest.mark.parametrize("language", list(NAMES))
@pytest.mark.parametrize("count", [1, 3, 9])
def test_a_package_is_a_picture_of_at_most_150_kilobytes(count, language, direction, dark):
    svg = picture(items(language, count), direction=direction, dark=dark)
    png = render_png(svg)
    assert png.startswith(b"\x89PNG")
    assert len(png) <= MAX_BYTES
    assert_nothing_touches(svg, count, direction)


@pytest.mark.parametrize("language", list(NAMES))
@pytest.mark.parametrize(("count", "least"), [(1, 34), (3, 34), (9, 28)])
def test_real_names_are_shown_whole_and_large(language, count, least):
    lines, size = wrapped_names(NAMES[language][:count])
    assert [" ".join(name) for name in lines] == NAMES[language][:count]
    assert size >= least


words = st.text(st.sampled_from("abcdefghimnoprstuMW éđửñ "), min_size=1, max_size=60).filter(str.strip)
state = st.sampled_from(["waiting", "open", "done"])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(words, state), min_size=1, max_size=9), st.sampled_from(["ltr", "rtl"]))
def test_names_never_touch_whatever_they_say(steps, direction):
    assert_nothing_touches(picture(steps, direction=direction), len(steps), direction)


@pytest.mark.parametrize("count", [5, 7, 9])
def test_long_names_one_above_the_other_do_not_touch(count):
    steps = [("Nhận tiền không cần tiền mặt ở chợ, ở cửa hàng và trên mạng", "open")] * count
    assert_nothing_touches(picture(steps), count, "ltr")


@pytest.mark.parametrize("count", range(1, 10))
def test_steps_rise_the_way_people_read(count):
    there, back = step_boxes(count, "ltr"), step_boxes(count, "rtl")
    assert all(one.right < other.left and one.top > other.top for one, other in pairwise(there))
    for one, other in zip(there, back, strict=True):
        assert (one.left, one.top) == (pytest.approx(WIDTH - other.right), other.top)
        assert MARGIN <= one.left < one.right <= WIDTH - MARGIN


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_every_name_stands_beside_its_step(direction):
    steps = [("One", "done"), ("Two", "open"), ("Three", "waiting")]
    nodes = drawn(picture(steps, direction=direction), "text")[1:4]
    assert [node.text for node in nodes] == ["One", "Two", "Three"]
    for node, step in zip(nodes, step_boxes(3, direction), strict=True):
        box = text_box(node)
        assert step.top < box.top < box.bottom < step.bottom
        assert 0 < (step.left - box.right if direction == "ltr" else box.left - step.right) < 24


@pytest.mark.parametrize("dark", [False, True])
def test_each_state_has_its_own_look(dark):
    paint = colours(dark)

    def step(state):
        return drawn(picture([("Selling", state)], dark=dark), "path")[1]  # after the mark beside the title

    assert step("done").get("fill") == paint["path"]
    assert (step("open").get("fill"), step("open").get("stroke")) == (paint["paper"], paint["path"])
    assert (step("waiting").get("fill"), step("waiting").get("stroke")) == (paint["level-2"], None)


def test_a_tick_and_its_word_stand_on_what_is_done_and_nowhere_else():
    svg = picture(items(count=3))
    assert [node.text for node in drawn(svg, "title")] == ["My steps", "Done"]
    ticks = [node for node in drawn(svg, "path") if node.get("stroke") == colours()["on-path"]]
    assert len(ticks) == 2  # on the step, and in the legend
    assert texts(svg)[-1] == "Done"
    assert "Done" not in picture([("One", "open"), ("Two", "waiting")])


def test_the_dot_shines_only_when_all_is_done():
    begun, finished = picture([("One", "done"), ("Two", "open")]), picture([("One", "done"), ("Two", "done")])
    assert (len(drawn(begun, "line")), len(drawn(finished, "line"))) == (0, 8)
    for svg in (begun, finished):
        sun, last = drawn(svg, "circle")[1], step_boxes(2, "ltr")[-1]
        assert sun.get("fill") == colours()["sun"]
        assert float(sun.get("cx")) == pytest.approx((last.left + last.right) / 2, abs=0.1)
        assert float(sun.get("cy")) + float(sun.get("r")) < last.top


@pytest.mark.parametrize("dark", [False, True])
def test_words_are_written_in_tokens_for_text(dark):
    svg = picture(items(), dark=dark)
    # The dot keeps its dark edge on dark paper.
    assert set(re.findall("#[0-9A-F]{6}", svg)) <= {*colours(dark).values(), LIGHT["ink"]}
    assert {node.get("fill") for node in drawn(svg, "text")} == {colours(dark)[n] for n in ("ink", "muted")}


def test_a_package_without_items_has_no_picture():
    with pytest.raises(ValueError, match="without items"):
        picture([])


def test_words_with_signs_of_markup_stay_words():
    svg = picture([("A & <b>", "done")], title="<script>", done="<i>")
    assert {"A & <b>", "<script>", "<i>"} <= set(texts(svg))


def test_a_call_for_a_package_draws_it_in_the_direction_of_the_language():
    asked = {
        "kind": "package",
        "items": [["One", "done"], ["Two", "open"]],
        "title": "My steps",
        "done": "Done",
    }
    steps = [("One", "done"), ("Two", "open")]
    assert drawing({**asked, "language": "es-PE"}) == picture(steps)
    assert drawing({**asked, "language": "ar"}) == picture(steps, direction="rtl")
