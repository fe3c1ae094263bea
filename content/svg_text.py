"""What the pictures of a result share: their frame, the title with the mark, and words that are set in lines.

Pictures are 800 wide. Widths of words are estimated from a small table (see `text_width`) because
there is no font at hand here; a test measures them against the real one.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal
from xml.sax.saxutils import escape

from content.look import LIGHT, SIZES

Direction = Literal["ltr", "rtl"]
Anchor = Literal["start", "middle", "end"]

WIDTH = 800
MARGIN = 16
FAMILY = "Noto Sans, sans-serif"
LEADING = 1.22  # lines of a label stand closer than running text
LINES = 3


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
    **dict.fromkeys("0123456789", 0.58),
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


def wrap_at_any_cost(text: str, width: float, size: float, lines: int, weight: int = 400) -> list[str]:
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


def score_words(score: float | None) -> str:
    """A score as it is written, 62; nothing where nothing was measured."""
    return "" if score is None else str(math.floor(score + 0.5))


def opening(height: float, title: str, paint: Mapping[str, str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:g}"'
        f' viewBox="0 0 {WIDTH} {height:g}" font-family="{FAMILY}" role="img">'
        f"<title>{escape(title)}</title>"
        f'<rect width="{WIDTH}" height="{height:g}" fill="{paint["paper"]}"/>'
    )


def heading(title: str, paint: Mapping[str, str], direction: Direction) -> str:
    """The mark, and the title beside it in one line or two."""
    size = SIZES["display"] + 2
    room = WIDTH - 3 * MARGIN - 72
    lines = wrap(title, room, size, 1, 700)
    if lines is None:
        size = SIZES["title"] + 2
        lines = wrap_at_any_cost(title, room, size, 2, 700)
    left = MARGIN if direction == "ltr" else WIDTH - MARGIN - 60
    x = mirrored(MARGIN + 82, direction)
    first = 62 - (len(lines) - 1) * size * LEADING / 2
    anchor = reading_start(direction)
    words = [
        text_at(x, first + at * size * LEADING, line, size, paint["ink"], weight=700, anchor=anchor)
        for at, line in enumerate(lines)
    ]
    return mark(left, 20, 60, direction, paint) + "".join(words)


def mirrored(x: float, direction: Direction) -> float:
    """Where a place lies that is x from the side on which reading begins."""
    return x if direction == "ltr" else WIDTH - x


def reading_start(direction: Direction) -> Anchor:
    """The anchor of words that begin where reading begins. Anchors are physical, see `text_at`."""
    return "start" if direction == "ltr" else "end"


def text_at(
    x: float,
    y: float,
    words: str,
    size: float,
    fill: str,
    *,
    weight: int = 400,
    anchor: Anchor = "middle",
) -> str:
    # Anchors are physical here: without `direction`, start is the left end in every script.
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" font-weight="{weight}" fill="{fill}"'
        f' text-anchor="{anchor}">{escape(words)}</text>'
    )


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


def sun_dot(x: float, y: float, radius: float, paint: Mapping[str, str]) -> str:
    """A point in the sun's colour, with a dark edge on light and dark paper alike."""
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{paint["sun"]}"'
        f' stroke="{LIGHT["ink"]}" stroke-width="3"/>'
    )


def rounded_top(x: float, y: float, width: float, height: float, corner: float) -> str:
    return (
        f"M{x:g} {y + height:g}V{y + corner:g}a{corner:g} {corner:g} 0 0 1 {corner:g} -{corner:g}"
        f"h{width - 2 * corner:g}a{corner:g} {corner:g} 0 0 1 {corner:g} {corner:g}V{y + height:g}Z"
    )
