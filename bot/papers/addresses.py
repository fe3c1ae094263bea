"""Where papers are opened."""

from __future__ import annotations

from typing import Literal

Paper = Literal["guide", "plan"]

PATHS: dict[Paper, str] = {"guide": "/g", "plan": "/p"}
PUBLIC = "/guide"
STATIC_PATH = "/papers"  # where the folder `static` is served


def paper_path(paper: Paper, token: str) -> str:
    """The path of somebody's link to a paper."""
    return f"{PATHS[paper]}/{token}"
