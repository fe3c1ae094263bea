"""One line that says where a bench stands; whoever reads a file instead of a screen is spared it."""

from __future__ import annotations

import sys


def progress(text: str) -> None:
    """Takes the place of the line before; an empty text clears it."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{text:70}")
        sys.stderr.flush()
