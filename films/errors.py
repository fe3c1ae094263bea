"""What stops one film from being made. The others are made all the same."""

from __future__ import annotations


class FilmError(Exception):
    """A film cannot be made as it is. The message is for its author: what was found, and what to do."""
