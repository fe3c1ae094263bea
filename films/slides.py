"""The pictures of a film: what is drawn by resvg, what is read by typst, which breaks every script rightly.

A film is 720 wide and 900 high: the drawing above, below it a strip with the words being spoken and the
steps that fill up.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from content.drawings import Placed, scene_svg
from content.look import LIGHT
from content.raster import font_files, render_png
from content.svg_text import MARK_STEPS
from films.errors import FilmError
from films.script import Script
from films.timing import Timing

if TYPE_CHECKING:
    from typst import Fonts

WIDTH, PICTURE, STRIP = 720, 540, 360
HEIGHT = PICTURE + STRIP
FINER = 3  # a drawing has so many pixels for one of the film, so that it can drift smoothly

_HYPHEN = re.compile(r"(?<=\w)-(?=\w)")  # no line ends within two-step

# Where several languages write with the same signs, each has its own forms of them.
_CJK = {
    "ja": "Noto Sans CJK JP",
    "ko": "Noto Sans CJK KR",
    "zh-Hant": "Noto Sans CJK TC",
    "zh": "Noto Sans CJK SC",
}


class Page(NamedTuple):
    """What stands on a page. scene: of a caption."""

    kind: Literal["title", "caption", "last"]
    words: str
    scene: int = 0


@dataclass(frozen=True, slots=True)
class Slides:
    """Files with the pictures of a film. drawings: of each scene. captions: of each cue, in order. last: upper, lower."""

    drawings: tuple[Path, ...]
    title: Path
    captions: tuple[Path, ...]
    last: tuple[Path, Path]


def draw_slides(script: Script, timing: Timing, folder: Path) -> Slides:
    """Draws all pictures of a film into a folder."""
    drawings = []
    for number, scene in enumerate(script.scenes, 1):
        path = folder / f"scene{number}.png"
        path.write_bytes(picture(scene.drawing, WIDTH * FINER, mirrored=script.mirrored))
        drawings.append(path)
    captions = [Page("caption", cue.text, cue.scene) for cue in timing.cues]
    pages = [Page("title", script.title), *captions, Page("last", script.last_words)]
    paths = []
    for number, page in enumerate(pages_of(pages, script)):
        paths.append(folder / f"page{number}.png")
        paths[-1].write_bytes(page)
    return Slides(tuple(drawings), paths[0], tuple(paths[1:-2]), (paths[-2], paths[-1]))


def picture(drawing: Sequence[Placed], width: int, *, mirrored: bool = False) -> bytes:
    """A scene as PNG. One that nobody has drawn yet is calm and empty, with our mark as in water."""
    height = round(width * PICTURE / WIDTH)
    inner = scene_svg(drawing, width, mirrored=mirrored) if drawing else _empty(width, height, mirrored)
    whole = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
        f'<rect width="{width}" height="{height}" fill="{LIGHT["sand"]}"/>{inner}</svg>'
    )
    try:
        return render_png(whole)
    except ValueError as error:
        raise FilmError(f"A drawing cannot be read: {error}") from None


def _empty(width: int, height: int, mirrored: bool) -> str:
    size = height * 0.4
    unit = size / 60 * (-1 if mirrored else 1)
    x, y = (width - size * (-1 if mirrored else 1)) / 2, (height - size) / 2
    return (
        f'<g transform="translate({x:g} {y:g}) scale({unit:g} {size / 60:g})" fill="{LIGHT["line"]}">'
        f'<path d="{MARK_STEPS}"/><circle cx="49" cy="12" r="9"/></g>'
    )


def pages_of(pages: Sequence[Page], script: Script, ppi: float = 72.0) -> list[bytes]:
    """Pages with words as PNG; at 72 ppi they are as wide as the film.

    The last card is two pages, an upper and a lower one.
    """
    import typst

    language, *others = script.language.split("-")
    given = {
        "width": WIDTH,
        "picture": PICTURE,
        "strip": STRIP,
        "lang": language if len(language) <= 3 else "en",
        "region": next((part for part in others if len(part) == 2 and part.isalpha()), None),
        "rtl": script.mirrored,
        "fonts": families(script.language),
        "colours": dict(LIGHT),
        "scenes": len(script.scenes),
        "pages": [page._replace(words=_HYPHEN.sub("\u2011", page.words))._asdict() for page in pages],
    }
    sys_inputs = {"given": json.dumps(given)}
    try:
        made = typst.compile(_source(), format="png", ppi=ppi, font_paths=fonts(), sys_inputs=sys_inputs)
    except typst.TypstError as error:
        raise FilmError(f"The words cannot be set: {error}") from None
    return [bytes(page) for page in (made if isinstance(made, list) else [made])]


@cache
def _source() -> bytes:
    return (resources.files("films") / "slides.typ").read_bytes()


@cache
def fonts() -> Fonts:
    """The fonts of installed packages, and no others."""
    import typst

    folders = sorted({str(Path(file).parent) for file in font_files()})
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)


@cache
def families(language: str) -> list[str]:
    """Noto Sans first, then its installed sisters; of those for one script the one of this language."""
    found = sorted({font.family for font in fonts().fonts()})
    tags = ("-".join(language.split("-")[:2]), language.split("-")[0])
    best = next((_CJK[tag] for tag in tags if tag in _CJK), "")
    return sorted(found, key=lambda family: (family != "Noto Sans", family != best, family))
