"""The drawings of film scenes: simple parts of our own, put side by side by an author.

A part is one SVG file in `parts/`, drawn in the colours of `content.look` around a tight viewBox. A
scene names parts with their places; so an economy composes a new scene, or changes one, without
drawing anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Annotated, Literal

from pydantic import Field

from content.look import LIGHT
from content.shapes import Id, Shape, YesNo

WIDTH, HEIGHT = 100, 75  # of a scene, in the author's units
MOST_PARTS = 24

Colour = Literal["path", "sun", "clay", "ink", "muted", "sand", "mist", "paper"]

_VIEW_BOX = re.compile(r'<svg[^>]*\bviewBox="([-\d. ]+)"')
_OUTER = re.compile(r"^.*?<svg[^>]*>|</svg>\s*$", re.DOTALL)


class PlacedShape(Shape):
    """Where a part stands: the middle of its foot at (x, y), y counted downwards, as high as `size`."""

    part: Id
    x: Annotated[float, Field(ge=-20, le=120)]
    y: Annotated[float, Field(ge=-20, le=110)]
    size: Annotated[float, Field(gt=0, le=150)]
    colour: Colour | None = None
    flip: YesNo = False


@dataclass(frozen=True, slots=True)
class Placed:
    """A part of a scene. colour: of what the part leaves open (clothes, a cover); flip: seen from the other side."""

    part: str
    x: float
    y: float
    size: float
    colour: str | None = None
    flip: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A drawing with its box: left, top, width and height in its own units."""

    body: str
    box: tuple[float, float, float, float]


@cache
def parts() -> Mapping[str, Part]:
    """All parts by name, from the files of this package."""
    folder = resources.files("content.drawings") / "parts"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".svg")), key=lambda f: f.name)
    return {file.name.removesuffix(".svg"): _part(file.read_text("utf-8")) for file in files}


def _part(source: str) -> Part:
    found = _VIEW_BOX.search(source)
    assert found is not None  # a test looks at every part
    left, top, width, height = (float(number) for number in found[1].split())
    return Part(_OUTER.sub("", source).strip(), (left, top, width, height))


def scene_svg(drawing: Sequence[Placed], width: int, *, mirrored: bool = False) -> str:
    """The scene as SVG, `width` pixels wide. mirrored: for scripts that run from right to left."""
    height = round(width * HEIGHT / WIDTH)
    inner = "\n".join(_placed(placed) for placed in drawing)
    if mirrored:
        inner = f'<g transform="translate({WIDTH} 0) scale(-1 1)">{inner}</g>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}">{inner}</svg>'
    )


def _placed(placed: Placed) -> str:
    part = parts()[placed.part]
    left, top, width, height = part.box
    scale = placed.size / height
    across = -scale if placed.flip else scale
    middle, foot = left + width / 2, top + height
    return (
        f'<g color="{LIGHT[placed.colour or "path"]}" '
        f'transform="translate({placed.x:g} {placed.y:g}) scale({across:g} {scale:g}) '
        f'translate({-middle:g} {-foot:g})">{part.body}</g>'
    )
