"""The pictures of a result: nine sides of digital work as a radar, and the quick check as four steps.

Pure functions from values to SVG text.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from content.look import colours
from content.svg_text import (
    LEADING,
    LINES,
    MARGIN,
    WIDTH,
    Anchor,
    Box,
    Direction,
    heading,
    mirrored,
    opening,
    reading_start,
    rounded_top,
    score_words,
    sun_dot,
    text_at,
    text_width,
    wrap,
    wrap_at_any_cost,
)
from content.svg_text import MARK_STEPS as MARK_STEPS  # the films and the web page take it from here

Value = tuple[str, float | None]

CENTRE_Y = 422
OUTSIDE = 22  # pixels between the outer ring and a label
LABELS_TOP, LABELS_BOTTOM = 104, 738  # between the title and the legend

# Tried in this order (label size, radius) until no label touches another or the edge.
LAYOUTS = (
    *((34, 205), (32, 215), (32, 195), (30, 215), (30, 195), (30, 180), (28, 210), (28, 190), (28, 175)),
    *((26, 195), (26, 180), (26, 165), (24, 185), (24, 170), (22, 180), (22, 160), (20, 150)),
)


@dataclass(frozen=True, slots=True)
class Label:
    """A wrapped label beside its axis. The score, if there is one, ends the last line."""

    lines: tuple[str, ...]
    score: str
    size: int
    x: float
    anchor: Anchor
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
    parts = [opening(_radar_height(levels, dashed), title, paint), heading(title, paint, direction)]
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
    parts = [opening(height, title, paint), heading(title, paint, direction)]
    rises = [floor - (floor - top) * (index + 1) / count for index in range(count)]
    lefts = [MARGIN + wide * (at if direction == "ltr" else count - 1 - at) for at in range(count)]
    for index, (name, left, rise) in enumerate(zip(names, lefts, rises, strict=True)):
        fill = paint["path"] if index <= level else paint[_level_token(index, count)]
        parts.append(f'<path d="{rounded_top(left + 5, rise, wide - 10, floor - rise, 12)}" fill="{fill}"/>')
        weight, ink = (700, paint["ink"]) if index == level else (400, paint["muted"])
        parts.append(text_at(left + wide / 2, floor + 42, name, size, ink, weight=weight))
    middle, rise = lefts[level] + wide / 2, rises[level]
    parts += _here(
        here, middle, rise, [(left, left + wide, top) for left, top in zip(lefts, rises, strict=True)], paint
    )
    return "".join([*parts, "</svg>"])


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
        anchor: Anchor = "middle" if abs(lean) < 0.2 else "start" if lean > 0 else "end"
        room = {"start": WIDTH - MARGIN - x, "middle": between, "end": x - MARGIN}[anchor]
        words = f"{name} {score}".strip()
        lines = wrap(words, room, size)
        if lines is None:
            if strict:
                return None
            lines = (
                [*wrap_at_any_cost(name, room, size, LINES - 1), score]
                if score
                else wrap_at_any_cost(name, room, size, LINES)
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
            yield sun_dot(*point, 10, paint)


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
            yield text_at(
                mirrored(start + 38, direction),
                y,
                words,
                LEGEND_SIZE,
                paint["ink"],
                anchor=reading_start(direction),
            )
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
        yield text_at(x, y, words, size, paint["path"], weight=700)
    yield sun_dot(middle, dot, 18, paint)
