"""What a caller of the store may have to deal with."""

from __future__ import annotations


class TryAgainError(Exception):
    """Somebody else wrote the same at the same moment. The same work succeeds when done again."""


class WriterBusyError(Exception):
    """Too much waits to be written. Whoever asks answers 503; the platforms deliver again."""


class WriterStoppedError(Exception):
    """The writer was stopped before this work was done. Nothing of it was written."""
