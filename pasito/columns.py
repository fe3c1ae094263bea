"""Rows as columns that line up, for a terminal and for other programs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime


def columns(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A line of heads and a line for each row; the last column is as long as it likes."""
    lines = [tuple(heads), *(tuple(row) for row in rows)]
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() + "\n"
        for line in lines
    )


def moment(at: int) -> str:
    """Microseconds UTC as people read them."""
    return f"{datetime.fromtimestamp(at / 1_000_000, UTC):%Y-%m-%d %H:%M:%S}"
