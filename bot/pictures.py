"""Turns our drawings into pictures that every messaging platform shows: SVG to PNG.

Only the fonts of installed `fontpkg-noto-sans*` packages are used, never the machine's own, so the
same result looks the same everywhere. A programme whose script needs another sister of Noto Sans
(Thai, Arabic ...) installs that package and needs no other change.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

import resvg_py

MAX_BYTES = 150_000  # what a person with little data may be asked to load for one picture

FONT_PACKAGES = "fontpkg_noto_sans"


class PictureTooBigError(ValueError):
    """The drawing gives more than MAX_BYTES."""


def render_png(svg: str) -> bytes:
    """The drawing as PNG in its own size. Takes about 50 ms: run it outside the event loop.

    Raises PictureTooBigError, and ValueError for SVG that cannot be read.
    """
    png = bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg,
            skip_system_fonts=True,
            font_files=list(font_files()),
            font_family="Noto Sans",
            sans_serif_family="Noto Sans",
        )
    )
    if len(png) > MAX_BYTES:
        raise PictureTooBigError(f"The picture has {len(png)} bytes; {MAX_BYTES} are allowed.")
    return png


@cache
def font_files() -> tuple[str, ...]:
    """The upright fonts of all installed packages of the Noto Sans family."""
    found = (module.name for module in pkgutil.iter_modules() if module.name.startswith(FONT_PACKAGES))
    return tuple(
        str(path)
        for name in sorted(found)
        for path in sorted((import_module(name).ROOT / "files").glob("*.ttf"))
        if "Italic" not in path.name
    )
