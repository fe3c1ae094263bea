"""The pictures of a result: drawn from values alone, readable, small, and the same on every machine."""

from __future__ import annotations

import struct
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.pictures import MAX_BYTES, PictureTooBigError, render_png
from content.radar import (
    LABELS_BOTTOM,
    LABELS_TOP,
    LINES,
    MARGIN,
    WIDTH,
    place_labels,
    radar_svg,
    steps_svg,
    text_width,
)
from content.raster import font_files

NAMES = {
    "en": [
        "Connection and devices",
        "Being found and talking to customers",
        "Selling online",
        "Payments, records and money",
        "Work, stock and suppliers",
        "People and digital skills",
        "Customers and numbers",
        "Safety and privacy",
        "Plan, support and new markets",
    ],
    "es": [
        "Conexión y dispositivos",
        "Presencia y comunicación con los clientes",
        "Comercialización en línea",
        "Pagos, registros y finanzas",
        "Trabajo, existencias y proveedores",
        "Personas y habilidades digitales",
        "Clientes y números",
        "Seguridad y privacidad",
        "Planificación, apoyo y nuevos mercados",
    ],
    "vi": [
        "Kết nối và thiết bị",
        "Được tìm thấy và trò chuyện với khách hàng",
        "Bán hàng trực tuyến",
        "Thanh toán, sổ sách và tài chính",
        "Công việc, kho hàng và nhà cung cấp",
        "Con người và kỹ năng số",
        "Khách hàng và số liệu",
        "An toàn và quyền riêng tư",
        "Kế hoạch, hỗ trợ và thị trường mới",
    ],
}
SCORES = [75, 50, 25.5, 62, 40, None, 33, 80, 0]
LEVELS = ["Starting", "Building", "Connected", "Leading"]
SVG = "{http://www.w3.org/2000/svg}"


def values(language: str = "en") -> list[tuple[str, float | None]]:
    return list(zip(NAMES[language], SCORES, strict=True))


def text_nodes(svg: str) -> list[ET.Element]:
    return list(ET.fromstring(svg).iter(f"{SVG}text"))  # noqa: S314 (our own drawing)


def texts(svg: str) -> str:
    return " ".join("".join(node.itertext()) for node in text_nodes(svg))


def size_of(png: bytes) -> tuple[int, ...]:
    return struct.unpack(">II", png[16:24])


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("direction", ["ltr", "rtl"])
@pytest.mark.parametrize("language", list(NAMES))
def test_a_result_is_a_picture_of_at_most_150_kilobytes(language, direction, dark):
    svg = radar_svg(values(language), title="Hôm nay", levels=LEVELS, direction=direction, dark=dark)
    png = render_png(svg)
    assert png.startswith(b"\x89PNG")
    assert size_of(png) == (800, 800)
    assert len(png) < MAX_BYTES


def test_a_picture_that_would_cost_too_much_is_refused(monkeypatch):
    monkeypatch.setattr("bot.pictures.MAX_BYTES", 1000)
    with pytest.raises(PictureTooBigError):
        render_png(radar_svg(values(), title="Today"))


@pytest.mark.parametrize("language", list(NAMES))
@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_real_names_are_shown_whole_and_large(language, direction):
    labels, _ = place_labels([(name, "100") for name in NAMES[language]], direction)
    for label, name in zip(labels, NAMES[language], strict=True):
        assert " ".join(label.lines) == f"{name} 100"
        assert label.size >= 24
    assert_apart(labels)


words = st.text(st.sampled_from("abcdefghimnoprstuMW éđửñ "), min_size=1, max_size=60).filter(str.strip)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(words, st.sampled_from(["", "0", "7", "62", "100"])), min_size=3, max_size=9),
    st.sampled_from(["ltr", "rtl"]),
)
def test_labels_never_collide_whatever_they_say(names, direction):
    labels, _ = place_labels(names, direction)
    assert len(labels) == len(names)
    assert_apart(labels)
    for label in labels:
        assert 1 <= len(label.lines) <= LINES
        assert label.lines[-1].endswith(label.score)


def assert_apart(labels):
    for at, label in enumerate(labels):
        assert label.box.left >= MARGIN - 1
        assert label.box.right <= WIDTH - MARGIN + 1
        assert label.box.top >= LABELS_TOP
        assert label.box.bottom <= LABELS_BOTTOM
        assert not any(label.box.touches(other.box) for other in labels[at + 1 :])


def test_what_was_not_measured_has_a_dashed_axis_and_no_point():
    svg = radar_svg(values(), title="Today", not_measured="Not measured")
    assert (
        svg.count("<circle") - radar_svg([(n, None) for n in NAMES["en"]], title="Today").count("<circle")
        == 8
    )
    assert svg.count("stroke-dasharray") == 2  # the axis, and its line in the legend
    assert "Not measured" in texts(svg)
    assert "Not measured" not in texts(
        radar_svg([(n, 1) for n in NAMES["en"]], title="T", not_measured="Not measured")
    )


def test_nothing_is_drawn_as_zero_that_was_not_measured():
    assert "People and digital skills 0" not in texts(radar_svg(values(), title="Today"))
    assert texts(radar_svg(values(), title="Today")).endswith("markets 0")


def test_words_with_signs_of_markup_stay_words():
    svg = radar_svg([("A & <b>", 10), ('"quoted"', 20), ("c", 30)], title="<script>")
    assert "A & <b>" in texts(svg)
    assert "<script>" in texts(svg)


@pytest.mark.parametrize("level", range(4))
@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_the_estimate_marks_one_step_and_shows_no_number(level, direction):
    svg = steps_svg(level, LEVELS, title="First estimate", here="You are here", direction=direction)
    bold = [node for node in text_nodes(svg) if node.text in LEVELS and node.get("font-weight") == "700"]
    assert [node.text for node in bold] == [LEVELS[level]]
    assert not any(sign.isdigit() or sign == "%" for sign in texts(svg))
    assert len(render_png(svg)) < MAX_BYTES


def test_a_level_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="level 4"):
        steps_svg(4, LEVELS, title="First estimate")


def test_the_steps_go_the_way_people_read():
    def place(direction):
        svg = steps_svg(0, LEVELS, title="T", direction=direction)
        return [float(n.get("x")) for n in text_nodes(svg) if n.text in LEVELS]

    assert place("ltr") == sorted(place("ltr"))
    assert place("rtl") == sorted(place("rtl"), reverse=True)


def test_only_fonts_of_installed_packages_are_used():
    assert font_files()
    assert all("fontpkg_noto_sans" in path for path in font_files())


@pytest.mark.parametrize("sign", "ếộữđĐñ¿áÁü")
def test_marks_of_vietnamese_and_spanish_have_shapes_of_their_own(sign):
    """A sign without a shape would be drawn as the same empty box as a sign of another script."""

    def drawn(text):
        return render_png(
            f'<svg xmlns="http://www.w3.org/2000/svg" width="60" height="60"><text x="10" y="40" font-size="30" font-family="Noto Sans">{text}</text></svg>'
        )

    assert drawn(sign) != drawn("\u1780")
    assert drawn(sign) != drawn("")


def test_estimated_widths_are_not_too_small():
    """Measured on the picture: no column right of the estimate is coloured."""
    for name in NAMES["en"] + NAMES["es"] + NAMES["vi"]:
        for weight in (400, 700):
            width = text_width(name, 30, weight)
            body = f'<text x="0" y="40" font-size="30" font-weight="{weight}" font-family="Noto Sans">{name}</text>'
            frame = f'<svg xmlns="http://www.w3.org/2000/svg" width="300" height="60" viewBox="{width:.0f} 0 300 60">'
            assert render_png(f"{frame}{body}</svg>") == render_png(f"{frame}</svg>"), name
