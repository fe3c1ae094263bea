"""Drawings as pixels: SVG to PNG, with the fonts of the Noto Sans family that are installed as packages.

Only these fonts are used, never the machine's own, so the same drawing looks the same everywhere. Who
needs another script (Thai, Arabic ...) installs the package of its font and needs no other change.
"""

from __future__ import annotations

import pkgutil
import re
from functools import cache
from importlib import resources
from importlib.util import find_spec
from pathlib import Path

import resvg_py

FONT_PACKAGES = ("fontpkg_noto_sans", "noto_cjk_sans")
_FONTS = ("*.ttf", "*.otf", "*.ttc")

# Scripts that Noto Sans itself does not hold, and the package with the sister that does.
_SISTERS = (
    (re.compile(r"[\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufefc]"), "fontpkg-noto-sans-arabic"),
    (re.compile(r"[\u0b80-\u0bff]"), "fontpkg-noto-sans-tamil"),
    (re.compile(r"[\u0c00-\u0c7f]"), "fontpkg-noto-sans-telugu"),
    (re.compile(r"[\u0e00-\u0e7f]"), "fontpkg-noto-sans-thai"),
    (re.compile(r"[\u1780-\u17ff]"), "fontpkg-noto-sans-khmer"),
    (re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"), "noto-cjk-sans-otc"),
)  # fmt: skip


def render_png(svg: str) -> bytes:
    """The drawing as PNG in its own size. Raises ValueError for SVG that cannot be read."""
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg,
            skip_system_fonts=True,
            font_files=list(font_files()),
            font_family="Noto Sans",
            sans_serif_family="Noto Sans",
        )
    )


@cache
def font_files() -> tuple[str, ...]:
    """The upright fonts of all installed packages of the Noto Sans family."""
    found = sorted(module.name for module in pkgutil.iter_modules() if module.name.startswith(FONT_PACKAGES))
    folders = [resources.files(name) for name in found]
    return tuple(
        str(path)
        for folder in folders
        if isinstance(folder, Path)
        for kind in _FONTS
        for path in sorted(folder.rglob(kind))
        if "Italic" not in path.name
    )


def missing_font(text: str) -> str | None:
    """The package with the font that this text needs, if it is not installed."""
    for script, package in _SISTERS:
        if script.search(text) and find_spec(package.replace("-", "_")) is None:
            return package
    return None
