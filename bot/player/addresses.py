"""Where films are played."""

from __future__ import annotations

PLAYER = "/v"
STATIC_PATH = "/player"  # where the folder `static` is served


def film_path(url: str) -> str:
    """The path of a reply's film: `film:{token}` is played on our page. Other addresses stay as they are."""
    return f"{PLAYER}/{url.removeprefix('film:')}" if url.startswith("film:") else url
