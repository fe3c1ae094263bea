"""The pictures of a result: nine sides of digital work as a radar, and the quick check as four steps.

Pure functions from values to SVG text, 800 wide. Widths of words are estimated from a small table
(see `text_width`) because there is no font at hand here; a test measures them against the real one.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from xml.sax.saxutils import escape

from content.look import LIGHT, SIZES, colours

Direction = Literal["ltr", "rtl"]
Value = tuple[str, float | None]

WIDTH = 800
MARGIN = 16
FAMILY = "Noto Sans, sans-serif"
LEADING = 1.22  # lines of a label stand closer than running text
LINES = 3
CENTRE_Y = 422
OUTSIDE = 22  # pixels between the outer ring and a label
LABELS_TOP, LABELS_BOTTOM = 104, 738  # between the title and the legend

# Tried in this order (label size, radius) until no label touches another or the edge.
LAYOUTS = (
    *((34, 205), (32, 215), (32, 195), (30, 215), (30, 195), (30, 180), (28, 210), (28, 190), (28, 175)),
    *((26, 195), (26, 180), (26, 165), (24, 185), (24, 170), (22, 180), (22, 160), (20, 150)),
)


@dataclass(frozen=True, slots=True)
class Box:
    left: float
    top: float
    right: float
    bottom: float

    def touches(self, other: Box, gap: float = 0) -> bool:
        return (
            self.left < other.right + gap
            and other.left < self.right + gap
            and self.top < other.bottom + gap
            and other.top < self.bottom + gap
        )


@dataclass(frozen=True, slots=True)
class Label:
    """A wrapped label beside its axis. The score, if there is one, ends the last line."""

    lines: tuple[str, ...]
    score: str
    size: int
    x: float
    anchor: Literal["start", "middle", "end"]
    box: Box


def radar_svg(
    values: Sequence[Value],
    *,
    title: str,
    levels: Sequence[str] = (),
    rings: Sequence[float] = (25, 50, 75, 100),
    not_measured: str = "",
    direction: Direction = "ltr",
    dark: bool = False,
) -> str:
    """Scores (0 to 100, or None where nothing was measured) on as many axes as there are values.

    levels: the names of the rings from the middle outwards, written under the picture.
    rings: where each level ends; the last is 100.
    not_measured: the words that explain a dashed axis; written when there is one.
    In a script that runs from right to left the axes follow each other that way too.
    """
    paint = colours(dark)
    labels, radius = place_labels([(name, score_words(score)) for name, score in values], direction)
    dashed = not_measured if any(score is None for _, score in values) else ""
    parts = [_opening(_radar_height(levels, dashed), title, paint), _title(title, paint, direction)]
    parts += _rings(radius, rings, paint)
    parts += _axes(values, radius, direction, paint)
    parts += _area(values, radius, direction, paint)
    for label, (_, score) in zip(labels, values, strict=True):
        parts.append(_label(label, paint["muted" if score is None else "ink"], paint["path"]))
    parts += _legend(levels, dashed, direction, paint)
    return "".join([*parts, "</svg>"])


def steps_svg(
    level: int,
    names: Sequence[str],
    *,
    title: str,
    here: str = "",
    direction: Direction = "ltr",
    dark: bool = False,
) -> str:
    """The quick check's estimate: a path of steps with the person's step marked, and no number.

    level: 0 for the first step. here: the words beside the mark ("You are here").
    """
    if not 0 <= level < len(names):
        raise ValueError(f"level {level} is none of {len(names)} steps")
    paint = colours(dark)
    height, floor, top = 600, 540, 215
    count = len(names)
    wide = (WIDTH - 2 * MARGIN) / count
    size = _one_line_size(names, wide - 12)
    parts = [_opening(height, title, paint), _title(title, paint, direction)]
    rises = [floor - (floor - top) * (index + 1) / count for index in range(count)]
    lefts = [MARGIN + wide * (at if direction == "ltr" else count - 1 - at) for at in range(count)]
    for index, (name, left, rise) in enumerate(zip(names, lefts, rises, strict=True)):
        fill = paint["path"] if index <= level else paint[_level_token(index, count)]
        parts.append(f'<path d="{_rounded_top(left + 5, rise, wide - 10, floor - rise, 12)}" fill="{fill}"/>')
        weight, ink = (700, paint["ink"]) if index == level else (400, paint["muted"])
        parts.append(_text(left + wide / 2, floor + 42, name, size, ink, weight=weight))
    middle, rise = lefts[level] + wide / 2, rises[level]
    parts += _here(
        here, middle, rise, [(left, left + wide, top) for left, top in zip(lefts, rises, strict=True)], paint
    )
    return "".join([*parts, "</svg>"])


def text_width(text: str, size: float, weight: int = 400) -> float:
    """About how wide Noto Sans sets this text, in pixels; rather too much than too little."""
    return size * sum(_em(sign) for sign in text) * (1.1 if weight > 400 else 1.0)


# Advance widths of Noto Sans Regular, in em; signs with marks are as wide as their base.
_EM = {
    **dict(
        zip(
            "abcdefghijklm",
            (0.57, 0.62, 0.48, 0.62, 0.57, 0.35, 0.62, 0.62, 0.26, 0.26, 0.54, 0.26, 0.94),
            strict=True,
        )
    ),
    **dict(
        zip(
            "nopqrstuvwxyz",
            (0.62, 0.61, 0.62, 0.62, 0.42, 0.48, 0.37, 0.62, 0.51, 0.79, 0.53, 0.51, 0.47),
            strict=True,
        )
    ),
    **dict.fromkeys("IJ.,:;!|'’·", 0.34),
    **dict.fromkeys("()[]-/¿?", 0.44),
    **dict.fromkeys("MW@%", 0.95),
    **dict.fromkeys("OQGDNHUđ", 0.79),
    " ": 0.26,
}


def _em(sign: str) -> float:
    if unicodedata.category(sign) in ("Mn", "Cf"):
        return 0.0
    if unicodedata.east_asian_width(sign) in ("W", "F"):
        return 1.0
    base = unicodedata.normalize("NFD", sign)[0]
    # The horns of Vietnamese ơ and ư reach beyond the letter.
    return _EM.get(base, 0.7) + (0.08 if "HORN" in unicodedata.name(sign, "") else 0.0)


def wrap(text: str, width: float, size: float, lines: int = LINES, weight: int = 400) -> list[str] | None:
    """The text in lines no wider than `width`, or None where it needs more lines or has too long a word."""
    out: list[str] = []
    for word in text.split():
        if text_width(word, size, weight) > width:
            return None
        if out and text_width(f"{out[-1]} {word}", size, weight) <= width:
            out[-1] = f"{out[-1]} {word}"
        else:
            out.append(word)
    return out if len(out) <= lines else None


def _wrap_at_any_cost(text: str, width: float, size: float, lines: int, weight: int = 400) -> list[str]:
    """As `wrap`, for words nobody foresaw: breaks inside words, and ends with "…" what is still too long."""
    pieces = [piece for word in text.split() for piece in _broken(word, width, size, weight)]
    out = wrap(" ".join(pieces), width, size, len(pieces), weight) or []
    if len(out) <= lines:
        return out
    last = out[lines - 1]
    while text_width(last + "…", size, weight) > width:
        last = last[:-1]
    return [*out[: lines - 1], last.rstrip() + "…"]


def _broken(word: str, width: float, size: float, weight: int) -> Iterator[str]:
    """The word in pieces that fit the width, at least one sign each."""
    piece = ""
    for sign in word:
        if piece and text_width(piece + sign, size, weight) > width:
            yield piece
            piece = ""
        piece += sign
    yield piece


def _angle(index: int, count: int, direction: Direction) -> float:
    turn = 2 * math.pi * index / count
    return -math.pi / 2 + (turn if direction == "ltr" else -turn)


def _point(index: int, count: int, distance: float, direction: Direction) -> tuple[float, float]:
    angle = _angle(index, count, direction)
    return WIDTH / 2 + distance * math.cos(angle), CENTRE_Y + distance * math.sin(angle)


def place_labels(names: Sequence[tuple[str, str]], direction: Direction) -> tuple[list[Label], float]:
    """Where the labels (name, score or "") stand, and the radius that leaves room for them."""
    for size, radius in LAYOUTS:
        labels = _try_layout(names, size, radius, direction, strict=True)
        if labels and _fits(labels):
            return labels, radius
    size, radius = LAYOUTS[-1]
    return _try_layout(names, size, radius, direction, strict=False) or [], radius


def _try_layout(
    names: Sequence[tuple[str, str]], size: int, radius: float, direction: Direction, strict: bool
) -> list[Label] | None:
    labels = []
    # A label in the middle stays between the two beside it.
    between = 2 * (radius + OUTSIDE) * math.sin(2 * math.pi / max(len(names), 4)) - 16
    for index, (name, score) in enumerate(names):
        x, y = _point(index, len(names), radius + OUTSIDE, direction)
        lean = (x - WIDTH / 2) / radius
        anchor: Literal["start", "middle", "end"] = (
            "middle" if abs(lean) < 0.2 else "start" if lean > 0 else "end"
        )
        room = {"start": WIDTH - MARGIN - x, "middle": between, "end": x - MARGIN}[anchor]
        words = f"{name} {score}".strip()
        lines = wrap(words, room, size)
        if lines is None:
            if strict:
                return None
            lines = (
                [*_wrap_at_any_cost(name, room, size, LINES - 1), score]
                if score
                else _wrap_at_any_cost(name, room, size, LINES)
            )
        width = max(text_width(line, size) for line in lines)
        high = len(lines) * size * LEADING
        # A label at the top grows upwards, one at the bottom downwards, those between slide from one to the other.
        top = y - high * (1 - (math.sin(_angle(index, len(names), direction)) + 1) / 2)
        left = {"start": x, "middle": x - width / 2, "end": x - width}[anchor]
        labels.append(Label(tuple(lines), score, size, x, anchor, Box(left, top, left + width, top + high)))
    return labels


def _fits(labels: Sequence[Label]) -> bool:
    """No label touches another, the title or the legend."""
    return all(
        label.box.top >= LABELS_TOP
        and label.box.bottom <= LABELS_BOTTOM
        and not any(label.box.touches(other.box, gap=6) for other in labels[at + 1 :])
        for at, label in enumerate(labels)
    )


def score_words(score: float | None) -> str:
    """A score as it is written, 62; nothing where nothing was measured."""
    return "" if score is None else str(math.floor(score + 0.5))


def _opening(height: float, title: str, paint: Mapping[str, str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:g}"'
        f' viewBox="0 0 {WIDTH} {height:g}" font-family="{FAMILY}" role="img">'
        f"<title>{escape(title)}</title>"
        f'<rect width="{WIDTH}" height="{height:g}" fill="{paint["paper"]}"/>'
    )


def _title(title: str, paint: Mapping[str, str], direction: Direction) -> str:
    """The mark, and the title beside it in one line or two."""
    size = SIZES["display"] + 2
    room = WIDTH - 3 * MARGIN - 72
    lines = wrap(title, room, size, 1, 700)
    if lines is None:
        size = SIZES["title"] + 2
        lines = _wrap_at_any_cost(title, room, size, 2, 700)
    left = MARGIN if direction == "ltr" else WIDTH - MARGIN - 60
    x = MARGIN + 82 if direction == "ltr" else WIDTH - MARGIN - 82
    first = 62 - (len(lines) - 1) * size * LEADING / 2
    anchor: Literal["start", "end"] = "start" if direction == "ltr" else "end"
    words = [
        _text(x, first + at * size * LEADING, line, size, paint["ink"], weight=700, anchor=anchor)
        for at, line in enumerate(lines)
    ]
    return mark(left, 20, 60, direction, paint) + "".join(words)


def mark(x: float, y: float, size: float, direction: Direction, paint: Mapping[str, str]) -> str:
    """Three steps rising to a dot."""
    unit = size / 60
    flip = (
        f"translate({x:g} {y:g}) scale({unit:g})"
        if direction == "ltr"
        else f"translate({x + size:g} {y:g}) scale({-unit:g} {unit:g})"
    )
    return (
        f'<g transform="{flip}"><path d="{MARK_STEPS}" fill="{paint["path"]}"/>'
        f'<circle cx="49" cy="12" r="9" fill="{paint["sun"]}"/></g>'
    )


# On a square of 60: three columns, each a step higher than the one before.
MARK_STEPS = "M2 42h16v14H5a3 3 0 0 1-3-3zM22 34h16v22H22zM42 26h16v27a3 3 0 0 1-3 3H42z"


def _level_token(index: int, count: int) -> str:
    """The colour of a level: the last of them is always the strongest."""
    return f"level-{max(1, min(4, index + 5 - count))}"


def _rings(radius: float, rings: Sequence[float], paint: Mapping[str, str]) -> Iterator[str]:
    for index in reversed(range(len(rings))):
        reach = radius * rings[index] / 100
        yield (
            f'<circle cx="{WIDTH // 2}" cy="{CENTRE_Y}" r="{reach:g}"'
            f' fill="{paint[_level_token(index, len(rings))]}" stroke="{paint["paper"]}" stroke-width="2"/>'
        )


def _axes(
    values: Sequence[Value], radius: float, direction: Direction, paint: Mapping[str, str]
) -> Iterator[str]:
    for index, (_, score) in enumerate(values):
        x, y = _point(index, len(values), radius, direction)
        look = (
            f'stroke="{paint["muted"]}" stroke-width="3" stroke-dasharray="3 9" stroke-linecap="round"'
            if score is None
            else f'stroke="{paint["paper"]}" stroke-width="3"'
        )
        yield f'<line x1="{WIDTH // 2}" y1="{CENTRE_Y}" x2="{x:.1f}" y2="{y:.1f}" {look}/>'


def _area(
    values: Sequence[Value], radius: float, direction: Direction, paint: Mapping[str, str]
) -> Iterator[str]:
    """The way from point to point. It is interrupted where nothing was measured."""
    count = len(values)
    points = [
        None if score is None else _point(index, count, radius * score / 100, direction)
        for index, (_, score) in enumerate(values)
    ]
    pairs = [
        (one, other)
        for one, other in zip(points, points[1:] + points[:1], strict=True)
        if one is not None and other is not None
    ]
    for (ax, ay), (bx, by) in pairs:
        yield (
            f'<path d="M{WIDTH // 2} {CENTRE_Y}L{ax:.1f} {ay:.1f}L{bx:.1f} {by:.1f}Z"'
            f' fill="{paint["path"]}" fill-opacity="0.32"/>'
        )
    for (ax, ay), (bx, by) in pairs:
        yield (
            f'<line x1="{ax:.1f}" y1="{ay:.1f}" x2="{bx:.1f}" y2="{by:.1f}" stroke="{paint["path"]}"'
            ' stroke-width="5" stroke-linecap="round"/>'
        )
    for point in points:
        if point is not None:
            yield _dot(*point, 10, paint)


def _dot(x: float, y: float, radius: float, paint: Mapping[str, str]) -> str:
    """A point in the sun's colour, with a dark edge on light and dark paper alike."""
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{paint["sun"]}"'
        f' stroke="{LIGHT["ink"]}" stroke-width="3"/>'
    )


def _label(label: Label, ink: str, accent: str) -> str:
    """Each line by itself: the score keeps its own colour and its place at the end of the last line."""
    parts = []
    for at, line in enumerate(label.lines):
        y = label.box.top + label.size * (0.92 + at * LEADING)
        is_last = at == len(label.lines) - 1
        if is_last and label.score and line.endswith(label.score):
            words = escape(line[: -len(label.score)])
            body = f'{words}<tspan font-weight="700" fill="{accent}">{label.score}</tspan>'
        else:
            body = escape(line)
        parts.append(
            f'<text x="{label.x:.1f}" y="{y:.1f}" font-size="{label.size}" fill="{ink}"'
            f' text-anchor="{label.anchor}" xml:space="preserve">{body}</text>'
        )
    return "".join(parts)


def _text(
    x: float,
    y: float,
    words: str,
    size: float,
    fill: str,
    *,
    weight: int = 400,
    anchor: Literal["start", "middle", "end"] = "middle",
) -> str:
    # Anchors are physical here: without `direction`, start is the left end in every script.
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" font-weight="{weight}" fill="{fill}"'
        f' text-anchor="{anchor}">{escape(words)}</text>'
    )


def _legend_rows(levels: Sequence[str], dashed: str) -> list[list[tuple[str, int | None]]]:
    """The entries of the legend in rows that fit: (words, level or None for the dashed axis)."""
    entries: list[tuple[str, int | None]] = [(name, index) for index, name in enumerate(levels)]
    if dashed:
        entries.append((dashed, None))
    rows: list[list[tuple[str, int | None]]] = []
    used = math.inf
    for words, level in entries:
        width = _legend_width(words)
        if used + width > WIDTH - 2 * MARGIN:
            rows.append([])
            used = 0
        rows[-1].append((words, level))
        used += width
    return rows


LEGEND_SIZE = 26
LEGEND_LINE = 44
LEGEND_TOP = 752


def _legend_width(words: str) -> float:
    return 38 + text_width(words, LEGEND_SIZE) + 20


def _radar_height(levels: Sequence[str], dashed: str) -> int:
    """800, and more only where the legend needs further rows."""
    return max(800, LEGEND_TOP - 4 + LEGEND_LINE * len(_legend_rows(levels, dashed)))


def _legend(
    levels: Sequence[str], dashed: str, direction: Direction, paint: Mapping[str, str]
) -> Iterator[str]:
    for at, row in enumerate(_legend_rows(levels, dashed)):
        y = LEGEND_TOP + 8 + at * LEGEND_LINE
        start = (WIDTH - sum(_legend_width(words) for words, _ in row)) / 2
        for words, level in row:
            side = start if direction == "ltr" else WIDTH - start - 28
            yield _swatch(side, y - 22, level, len(levels), paint)
            x = start + 38 if direction == "ltr" else WIDTH - start - 38
            anchor: Literal["start", "end"] = "start" if direction == "ltr" else "end"
            yield _text(x, y, words, LEGEND_SIZE, paint["ink"], anchor=anchor)
            start += _legend_width(words)


def _swatch(x: float, y: float, level: int | None, count: int, paint: Mapping[str, str]) -> str:
    if level is None:
        return (
            f'<line x1="{x:.1f}" y1="{y + 14:g}" x2="{x + 28:.1f}" y2="{y + 14:g}" stroke="{paint["muted"]}"'
            ' stroke-width="3" stroke-dasharray="3 9" stroke-linecap="round"/>'
        )
    return (
        f'<rect x="{x:.1f}" y="{y:g}" width="28" height="28" rx="6" fill="{paint[_level_token(level, count)]}"'
        f' stroke="{paint["edge"]}"/>'
    )


def _one_line_size(names: Sequence[str], width: float) -> int:
    """The largest size at which every name fits on one line, at least 16."""
    return next(
        (size for size in range(32, 16, -1) if all(text_width(n, size, 700) <= width for n in names)), 16
    )


def _here(
    words: str,
    middle: float,
    rise: float,
    steps: Sequence[tuple[float, float, float]],
    paint: Mapping[str, str],
) -> Iterator[str]:
    """The dot on the person's step and the words over it, clear of every step (left, right, top) beneath them."""
    dot = rise - 28
    if words:
        size = 34
        half = text_width(words, size, 700) / 2
        x = min(max(middle, MARGIN + half), WIDTH - MARGIN - half)
        roof = min(top for left, right, top in steps if left < x + half and right > x - half)
        y = min(roof, rise - 64) - 24
        yield f'<line x1="{middle:g}" y1="{y + 14:g}" x2="{middle:g}" y2="{dot:g}" stroke="{paint["edge"]}" stroke-width="3"/>'
        yield _text(x, y, words, size, paint["path"], weight=700)
    yield _dot(middle, dot, 18, paint)


def _rounded_top(x: float, y: float, width: float, height: float, corner: float) -> str:
    return (
        f"M{x:g} {y + height:g}V{y + corner:g}a{corner:g} {corner:g} 0 0 1 {corner:g} -{corner:g}"
        f"h{width - 2 * corner:g}a{corner:g} {corner:g} 0 0 1 {corner:g} {corner:g}V{y + height:g}Z"
    )
