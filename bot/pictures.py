"""Turns our drawings into pictures that every messaging platform shows, and that cost little to load."""

from __future__ import annotations

from content import raster

MAX_BYTES = 150_000  # what a person with little data may be asked to load for one picture


class PictureTooBigError(ValueError):
    """The drawing gives more than MAX_BYTES."""


def render_png(svg: str) -> bytes:
    """The drawing as PNG in its own size. Takes about 50 ms: run it outside the event loop.

    Raises PictureTooBigError, and ValueError for SVG that cannot be read.
    """
    png = raster.render_png(svg)
    if len(png) > MAX_BYTES:
        raise PictureTooBigError(f"The picture has {len(png)} bytes; {MAX_BYTES} are allowed.")
    return png
