"""The picture of a package: steps that rise to a dot, and fill up one after the other.

Pure functions from values to SVG text. The stairs stand where reading ends, so that every step has its
name beside it, above the lower steps; the first is at the bottom, as in climbing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
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
    sun_dot,
    text_at,
    text_width,
    wrap,
    wrap_at_any_cost,
)

STAIRS = 400  # pixels: how wide all steps together are at most
STEP = 124  # how wide one step is at most, and how high it rises
CLIMB = 828  # pixels: how high all steps together are at most
GAP = 8  # pixels from one step to the next
TOP = 232  # the top of the last step; the dot stands above it
BESIDE = 18  # pixels between a name and its step
NAME_SIZES = (34, 32, 30, 28, 26, 24, 22, 20)
LEGEND_SIZE = 28
LEGEND_SWATCH = 36


def progress_svg(
    items: Sequence[tuple[str, str]],
    *,
    title: str,
    done: str,
    direction: Direction = "ltr",
    dark: bool = False,
) -> str:
    """Items of a package as (name, state) with "waiting", "open" or "done" as state.

    done: the word for steps that are done; written when there is one.
    When all are done the dot shines. Raises ValueError without items.
    """
    if not items:
        raise ValueError("a package without items has no picture")
    paint = colours(dark)
    names, size = wrapped_names([name for name, _ in items])
    boxes = step_boxes(len(items), direction)
    floor = boxes[0].bottom
    states = [state for _, state in items]
    height = floor + (76 if "done" in states else 2 * MARGIN)
    parts = [opening(height, title, paint), heading(title, paint, direction)]
    for lines, box, state in zip(names, boxes, states, strict=True):
        parts.append(_step(box, floor, state, done, paint))
        parts += _name(lines, size, box, state, direction, paint)
    parts += _end(boxes[-1], set(states) == {"done"}, paint)
    if "done" in states:
        parts += _legend(done, floor + 20, direction, paint)
    return "".join([*parts, "</svg>"])


def step_boxes(count: int, direction: Direction) -> list[Box]:
    """For each step the part that rises above the one before it."""
    wide, rise = min(STEP, STAIRS / count), min(STEP, CLIMB / count)
    boxes = []
    for at in range(count):
        left = WIDTH - MARGIN - wide * (count - at)
        sides = sorted(mirrored(x, direction) for x in (left + GAP / 2, left + wide - GAP / 2))
        top = TOP + rise * (count - 1 - at)
        boxes.append(Box(sides[0], top, sides[1], top + rise))
    return boxes


def wrapped_names(names: Sequence[str]) -> tuple[list[list[str]], int]:
    """The names in lines that fit beside their steps, and their size: the largest at which all fit."""
    boxes = step_boxes(len(names), "ltr")
    rooms = [box.left - BESIDE - MARGIN for box in boxes]
    high = boxes[0].bottom - boxes[0].top - 2 * GAP
    for size in NAME_SIZES:
        most = min(LINES, int(high / (size * LEADING)))
        tried = [wrap(name, room, size, most) for name, room in zip(names, rooms, strict=True)]
        fitting = [lines for lines in tried if lines is not None]
        if len(fitting) == len(names):
            return fitting, size
    size = NAME_SIZES[-1]
    return [wrap_at_any_cost(name, room, size, LINES) for name, room in zip(names, rooms, strict=True)], size


def _step(box: Box, floor: float, state: str, done: str, paint: Mapping[str, str]) -> str:
    width, height = box.right - box.left, floor - box.top
    corner = min(12, width / 4)
    if state == "open":
        edge = 5
        outline = rounded_top(
            box.left + edge / 2, box.top + edge / 2, width - edge, height - edge, corner - edge / 2
        )
        return f'<path d="{outline}" fill="{paint["paper"]}" stroke="{paint["path"]}" stroke-width="{edge}"/>'
    shape = rounded_top(box.left, box.top, width, height, corner)
    if state == "waiting":
        return f'<path d="{shape}" fill="{paint["level-2"]}"/>'
    tick = _tick((box.left + box.right) / 2, (box.top + box.bottom) / 2, min(width * 0.55, 52), paint)
    return f'<g><title>{escape(done)}</title><path d="{shape}" fill="{paint["path"]}"/>{tick}</g>'


def _tick(x: float, y: float, width: float, paint: Mapping[str, str]) -> str:
    unit = width / 20
    return (
        f'<path d="M{x - 10 * unit:.1f} {y:.1f}l{7 * unit:.1f} {7 * unit:.1f}l{13 * unit:.1f} {-14 * unit:.1f}"'
        f' fill="none" stroke="{paint["on-path"]}" stroke-width="{4 * unit:.1f}"'
        ' stroke-linecap="round" stroke-linejoin="round"/>'
    )


def _name(
    lines: Sequence[str], size: int, box: Box, state: str, direction: Direction, paint: Mapping[str, str]
) -> Iterator[str]:
    """The name in the middle of what its step rises, ending at the step."""
    x = box.left - BESIDE if direction == "ltr" else box.right + BESIDE
    anchor: Anchor = "end" if direction == "ltr" else "start"
    top = (box.top + box.bottom - len(lines) * size * LEADING) / 2
    for at, line in enumerate(lines):
        y = top + size * (0.92 + at * LEADING)
        yield text_at(x, y, line, size, paint["muted" if state == "waiting" else "ink"], anchor=anchor)


def _end(last: Box, shines: bool, paint: Mapping[str, str]) -> Iterator[str]:
    """The dot over the last step, with rays when the way is done."""
    x, y = (last.left + last.right) / 2, last.top - 62
    if shines:
        for turn in range(8):
            across, down = math.cos(turn * math.pi / 4), math.sin(turn * math.pi / 4)
            yield (
                f'<line x1="{x + 36 * across:.1f}" y1="{y + 36 * down:.1f}" x2="{x + 48 * across:.1f}"'
                f' y2="{y + 48 * down:.1f}" stroke="{paint["sun"]}" stroke-width="7" stroke-linecap="round"/>'
            )
    yield sun_dot(x, y, 26 if shines else 18, paint)


def _legend(done: str, top: float, direction: Direction, paint: Mapping[str, str]) -> Iterator[str]:
    """A small step with its tick, and what it means."""
    before = LEGEND_SWATCH + 12
    words = wrap_at_any_cost(done, WIDTH - 2 * MARGIN - before, LEGEND_SIZE, 1)[0]
    start = (WIDTH - before - text_width(words, LEGEND_SIZE)) / 2
    left = min(mirrored(x, direction) for x in (start, start + LEGEND_SWATCH))
    yield (
        f'<rect x="{left:.1f}" y="{top:g}" width="{LEGEND_SWATCH}" height="{LEGEND_SWATCH}" rx="8"'
        f' fill="{paint["path"]}"/>'
    )
    yield _tick(left + LEGEND_SWATCH / 2, top + LEGEND_SWATCH / 2, 20, paint)
    x = mirrored(start + before, direction)
    yield text_at(x, top + 28, words, LEGEND_SIZE, paint["ink"], anchor=reading_start(direction))
