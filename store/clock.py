"""The database's own clock, in microseconds UTC.

Leases and due times are compared with it, so that the clocks of two workers need not agree.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Connection, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from store.bulk import run

SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR


class database_now(FunctionElement[int]):  # noqa: N801 - it is read as an SQL function
    """`database_now()` inside a statement: the same instant for the whole statement."""

    type = BigInteger()
    inherit_cache = True


@compiles(database_now, "sqlite")
def _sqlite(element: database_now, compiler: Any, **kw: Any) -> str:
    return "(CAST(unixepoch('now', 'subsec') * 1000 AS INTEGER) * 1000)"


@compiles(database_now, "postgresql")
def _postgresql(element: database_now, compiler: Any, **kw: Any) -> str:
    return "CAST(EXTRACT(EPOCH FROM statement_timestamp()) * 1000000 AS BIGINT)"


def now_of(tx: Connection) -> int:
    """The database's time as a value, for callers that need one instant for several statements."""
    return int(run(tx, _NOW, {})[0]["now"])


_NOW = select(database_now().label("now"))
