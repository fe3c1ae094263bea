"""The picture of a change: for each side of digital work the way from the first measurement to the latest.

Pure functions from values to SVG text. Every way lies on the same track from 0 to 100, so rows can be
compared with one another; what has fallen back is drawn as quietly as what has stayed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from content.look import colours
from content.svg_text import (
    LEADING,
    LINES,
    MARGIN,
    WIDTH,
    Anchor,
    Direction,
    heading,
    mirrored,
    opening,
    reading_start,
    score_words,
    text_at,
    text_width,
    wrap,
    wrap_at_any_cost,
)

NAME_ROOM = 268  # pixels
NAME_SIZES = (32, 30, 28, 26, 24, 22, 20)
ZERO, HUNDRED = 342, 682  # where the track begins and ends; beyond it is room for a number
WHOLE_TOP = 104  # under the title
BETWEEN = 34  # pixels from one row to the next
LEGEND_SIZE = 28
LEGEND_MARK = 40  # pixels that a mark takes before its word


@dataclass(frozen=True, slots=True)
class Row:
    """A dimension that was compared: its name in lines, and the place it has."""

    lines: tuple[str, ...]
    before: float
    after: float
    top: float
    bottom: float

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


@dataclass(frozen=True, slots=True)
class Marks:
    """How large the marks and the numbers of a way are, and what they stand on (a token)."""

    ring: float
    dot: float
    way: float
    number: int
    ground: str

    @property
    def reach(self) -> float:
        """From the middle of a mark to its number."""
        return self.ring + 12


OF_ROW = Marks(ring=12, dot=13, way=7, number=28, ground="paper")
OF_WHOLE = Marks(ring=16, dot=18, way=10, number=38, ground="sand")


def change_svg(
    values: Sequence[tuple[str, float | None, float | None]],
    overall: tuple[float, float] | None,
    *,
    title: str,
    before: str,
    after: str,
    direction: Direction = "ltr",
    dark: bool = False,
) -> str:
    """Scores (0 to 100) before and after, one row for each dimension that was compared.

    overall: before and after of the whole, at the top.
    before, after: the words for the two marks.
    In a script that runs from right to left the way goes that way too.
    """
    paint = colours(dark)
    words = [_legend_lines(before), _legend_lines(after)]
    high = sum(_high(lines, LEGEND_SIZE) for lines in words) + 12
    floor = WHOLE_TOP + max(high, 64) + 40
    rows, size = place_rows(values, floor + BETWEEN)
    bottom = rows[-1].bottom if rows else floor
    parts = [opening(bottom + BETWEEN, title, paint), heading(title, paint, direction)]
    parts.append(
        f'<rect y="{WHOLE_TOP}" width="{WIDTH}" height="{floor - WHOLE_TOP:g}" fill="{paint["sand"]}"/>'
    )
    parts += _legend(words, (WHOLE_TOP + floor - high) / 2, direction, paint)
    if overall:
        parts += _way(*overall, (WHOLE_TOP + floor) / 2, OF_WHOLE, direction, paint)
    for row in rows:
        parts += _lines(
            row.lines,
            size,
            MARGIN,
            row.top + (row.bottom - row.top - _high(row.lines, size)) / 2,
            direction,
            paint,
        )
        parts += _way(row.before, row.after, row.middle, OF_ROW, direction, paint)
    return "".join([*parts, "</svg>"])


def place_rows(values: Sequence[tuple[str, float | None, float | None]], top: float) -> tuple[list[Row], int]:
    """The rows under one another from `top` on, and the size of their names: the largest at which all fit."""
    compared = [(name, first, then) for name, first, then in values if first is not None and then is not None]
    size, names = _wrapped([name for name, _, _ in compared])
    rows = []
    for lines, (_, first, then) in zip(names, compared, strict=True):
        bottom = top + max(_high(lines, size), 44)
        rows.append(Row(tuple(lines), first, then, top, bottom))
        top = bottom + BETWEEN
    return rows, size


def _wrapped(names: Sequence[str]) -> tuple[int, list[list[str]]]:
    for size in NAME_SIZES:
        lines = [wrap(name, NAME_ROOM, size) for name in names]
        whole = [name for name in lines if name is not None]
        if len(whole) == len(names):
            return size, whole
    return NAME_SIZES[-1], [wrap_at_any_cost(name, NAME_ROOM, NAME_SIZES[-1], LINES) for name in names]


def _way(
    first: float, then: float, y: float, marks: Marks, direction: Direction, paint: Mapping[str, str]
) -> Iterator[str]:
    """The track, the way on it, the two marks and their numbers; one mark where the number is the same."""
    here, there = _place(first, direction), _place(then, direction)
    yield _line(_place(0, direction), _place(100, direction), y, 4, paint["line"])
    if score_words(first) == score_words(then):
        yield _number(there, then, y, marks, "start" if direction == "ltr" else "end", True, paint)
        yield _dot(there, y, marks.dot, paint)
        return
    # Numbers stand outside the way, so that they never meet however short it is.
    outside: tuple[Anchor, Anchor] = ("end", "start") if here < there else ("start", "end")
    yield _number(here, first, y, marks, outside[0], False, paint)
    yield _number(there, then, y, marks, outside[1], True, paint)
    yield _line(here, there, y, marks.way, paint["path" if then > first else "edge"])
    yield _ring(here, y, marks.ring, paint[marks.ground], paint)
    yield _dot(there, y, marks.dot, paint)


def _place(score: float, direction: Direction) -> float:
    return mirrored(ZERO + (HUNDRED - ZERO) * score / 100, direction)


def _line(x1: float, x2: float, y: float, width: float, colour: str) -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y:.1f}" x2="{x2:.1f}" y2="{y:.1f}" stroke="{colour}"'
        f' stroke-width="{width:g}" stroke-linecap="round"/>'
    )


def _ring(x: float, y: float, radius: float, ground: str, paint: Mapping[str, str]) -> str:
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{ground}" stroke="{paint["clay"]}"'
        f' stroke-width="{radius * 0.4:g}"/>'
    )


def _dot(x: float, y: float, radius: float, paint: Mapping[str, str]) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{paint["path"]}"/>'


def _number(
    x: float, score: float, y: float, marks: Marks, anchor: Anchor, now: bool, paint: Mapping[str, str]
) -> str:
    """The score beside its mark; the track is interrupted under it."""
    words = score_words(score)
    weight, ink = (700, paint["path"]) if now else (400, paint["clay"])
    beside = x + marks.reach if anchor == "start" else x - marks.reach
    covered = marks.reach + text_width(words, marks.number, weight) + 5
    left = x if anchor == "start" else x - covered
    return (
        f'<rect x="{left:.1f}" y="{y - 6:.1f}" width="{covered:.1f}" height="12" fill="{paint[marks.ground]}"/>'
        + text_at(beside, y + marks.number * 0.36, words, marks.number, ink, weight=weight, anchor=anchor)
    )


def _lines(
    lines: Sequence[str], size: int, x: float, top: float, direction: Direction, paint: Mapping[str, str]
) -> Iterator[str]:
    for at, line in enumerate(lines):
        y = top + size * (0.92 + at * LEADING)
        yield text_at(mirrored(x, direction), y, line, size, paint["ink"], anchor=reading_start(direction))


def _high(lines: Sequence[str], size: int) -> float:
    return len(lines) * size * LEADING


def _legend_lines(words: str) -> list[str]:
    room = NAME_ROOM - LEGEND_MARK
    return wrap(words, room, LEGEND_SIZE, 2) or wrap_at_any_cost(words, room, LEGEND_SIZE, 2)


def _legend(
    words: Sequence[Sequence[str]], top: float, direction: Direction, paint: Mapping[str, str]
) -> Iterator[str]:
    """The two marks with their words, one under the other, where the rows have their names."""
    x = mirrored(MARGIN + OF_ROW.dot + 2, direction)
    for at, lines in enumerate(words):
        y = top + LEGEND_SIZE * LEADING / 2
        yield _dot(x, y, OF_ROW.dot, paint) if at else _ring(x, y, OF_ROW.ring, paint["sand"], paint)
        yield from _lines(lines, LEGEND_SIZE, MARGIN + LEGEND_MARK, top, direction, paint)
        top += _high(lines, LEGEND_SIZE) + 12
