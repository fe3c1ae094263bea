"""A contact sheet: every scene of some films on one picture, to look at before anything is built."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path

from content.drawings import Placed, parts, scene_svg
from content.look import LIGHT
from content.raster import render_png
from films.chunks import chunks
from films.script import Script
from films.slides import Page, families, fonts, pages_of, picture

CELL = 400  # pixels of a scene's width
_STRIP_PPI = 40.0
_PART, _PARTS_IN_A_ROW = 160, 12  # pixels of a part's cell
_ONE_FILM_PPI, _MANY_FILMS_PPI = 144.0, 72.0


def contact_sheet(scripts: Sequence[Script]) -> bytes:
    """A row for each film: its title, each scene with the first words that are read in it, the last card. A PNG."""
    import typst

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "sheet.typ"
        source.write_bytes((resources.files("films") / "sheet.typ").read_bytes())
        given = {
            "colours": dict(LIGHT),
            "fonts": families(scripts[0].language),
            "films": [
                {
                    "film": script.film,
                    "title": script.title,
                    "lang": script.language.split("-")[0],
                    "rtl": script.mirrored,
                    "cells": list(_cells(script, folder)),
                }
                for script in scripts
            ],
        }
        made = typst.compile(
            str(source),
            root=name,
            format="png",
            ppi=_ONE_FILM_PPI if len(scripts) == 1 else _MANY_FILMS_PPI,
            font_paths=fonts(),
            sys_inputs={"given": json.dumps(given)},
        )
    return bytes(made[0] if isinstance(made, list) else made)


def parts_sheet() -> bytes:
    """All parts that scenes are put together from, with their names. A PNG."""
    rows = -(-len(parts()) // _PARTS_IN_A_ROW)
    cells = "".join(_part(name, number) for number, name in enumerate(parts()))
    width, height = _PARTS_IN_A_ROW * _PART, rows * _PART
    return render_png(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="Noto Sans">'
        f'<rect width="{width}" height="{height}" fill="{LIGHT["sand"]}"/>{cells}</svg>'
    )


def _part(name: str, number: int) -> str:
    """A part in its cell, as large as it fits, and its name below."""
    _, _, wide, high = parts()[name].box
    size = min(60.0, 90.0 * high / wide)
    x, y = number % _PARTS_IN_A_ROW * _PART, number // _PARTS_IN_A_ROW * _PART
    drawn = scene_svg([Placed(name, 50, 70, size)], _PART)
    return (
        f'<g transform="translate({x} {y})">{drawn}<text x="{_PART / 2:g}" y="{_PART * 0.88:g}" '
        f'text-anchor="middle" font-size="13" fill="{LIGHT["ink"]}">{name}</text></g>'
    )


def _cells(script: Script, folder: Path) -> Iterator[dict[str, str]]:
    """The cells of a film's row; their pictures lie in the folder."""
    read = [Page("caption", chunks(scene.words)[0].text, n) for n, scene in enumerate(script.scenes, 1)]
    pages = [Page("title", script.title), *read, Page("last", script.last_words)]
    words = pages_of(pages, script, _STRIP_PPI)
    drawings = [picture(scene.drawing, CELL, mirrored=script.mirrored) for scene in script.scenes]
    above = [drawings[0], *drawings, words[-2]]
    below = [*words[:-2], words[-1]]
    said = ["", *(f"{n}. {scene.words}" for n, scene in enumerate(script.scenes, 1)), ""]
    for number, (upper, lower, text) in enumerate(zip(above, below, said, strict=True)):
        names = {}
        for part, image in (("above", upper), ("below", lower)):
            names[part] = f"{script.film}-{number}-{part}.png"
            (folder / names[part]).write_bytes(image)
        yield {**names, "words": text}
