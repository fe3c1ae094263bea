"""What a caller of the store may have to deal with."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError


class TryAgainError(Exception):
    """Somebody else wrote the same at the same moment. The same work succeeds when done again."""


class WriterBusyError(Exception):
    """Too much waits to be written. Whoever asks answers 503; the platforms deliver again."""


class WriterStoppedError(Exception):
    """The writer was stopped before this work was done. Nothing of it was written."""


# PostgreSQL's classes: connection, resources (a full disk), an operator (a stop), the system.
_AWAY = ("08", "53", "57", "58")
# What was given up after `statement_timeout` may be to blame itself: it has to count as a try.
_TOOK_TOO_LONG = "57014"


def is_away(error: Exception) -> bool:
    """Whether the database is gone, full or too busy: nobody is to blame, and the same work succeeds later."""
    if isinstance(error, TimeoutError | WriterBusyError | WriterStoppedError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if state := getattr(error.orig, "sqlstate", None):
        return bool(state.startswith(_AWAY)) and state != _TOOK_TOO_LONG
    return error.connection_invalidated or type(error.orig).__name__ == "OperationalError"
