"""What is logged, and how: nothing that a person wrote, no key, no cookie, at no level."""

from __future__ import annotations

import copy
import logging
import sys
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Any

FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"
# The chosen level is for our own rooms. Libraries log what they carry: statements with their
# values, addresses with their tokens. Of them only warnings are shown, and of those only where they
# come from: asyncio puts whole exceptions into its sentences, and an address of Telegram holds a token.
ROOMS = ("content", "flows", "store", "access", "bot", "api", "analytics", "pasito")
# Whose sentences are shown: ours, and those of the server, which are about itself.
SPEAKERS = (*ROOMS, "uvicorn")

_Caught = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class WithoutWords(logging.Formatter):
    """Shows of an exception its kinds and places. Its message may hold what somebody wrote.

    KeyError names the key, the driver shows the row that was refused. Of what a library says it shows
    the place alone.
    """

    def format(self, record: logging.LogRecord) -> str:
        own = copy.copy(record)
        own.exc_text = None  # what another formatter made of the exception
        if own.name.partition(".")[0] not in SPEAKERS:
            own.msg, own.args = f"A library says something: {own.module}.{own.funcName}:{own.lineno}", ()
        return super().format(own)

    def formatException(self, ei: _Caught) -> str:  # noqa: N802 - the name is that of the standard library
        if ei[1] is None:
            return ""
        return "".join(_lines(ei[1])).rstrip()


def _lines(error: BaseException) -> Iterator[str]:
    for one in reversed(list(_chain(error))):
        yield from traceback.format_tb(one.__traceback__)
        yield f"{type(one).__module__}.{type(one).__qualname__}{_facts(one)}\n"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _facts(error: BaseException) -> str:
    """What helps an operator and is nobody's word: the system's error, the database's code."""
    found: list[Any] = [getattr(error, name, None) for name in ("strerror", "sqlstate", "sqlite_errorname")]
    return "".join(f" ({fact})" for fact in found if isinstance(fact, str))


def begin(level: str) -> None:
    """Logs to stderr from now on, and nowhere else."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(WithoutWords(FORMAT))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    for room in ROOMS:
        logging.getLogger(room).setLevel(level)
    # A log line that cannot be written would be printed with all that is known of its exception.
    logging.raiseExceptions = False
