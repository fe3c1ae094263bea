"""How fast we may send: to one person and from one account.

Both limits are kept in the database, so that several workers share them and a restart forgets
nothing. The rule is the generic cell rate algorithm: each message moves a due time on by its
interval, and a burst may run ahead of the clock by so many intervals.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Executable, Text, and_, select

from store import jumps
from store import tables as t
from store.bulk import find_rows, incoming, insert_rows, run_with_rows, upsert_rows
from store.clock import SECOND, database_now, now_of
from store.engine import watch_of

# SQLite's clock counts milliseconds: what may go at an instant waits so much longer to be surely after it.
GRAIN = 1_000

Account = tuple[str, str]  # programme, account
_MANY = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds between two messages, and how many may go out at once before that counts.

    An interval of 0 lifts the limit.
    """

    person_every: float
    person_burst: int
    account_every: float
    account_burst: int

    @property
    def person(self) -> Rule:
        return Rule(math.ceil(self.person_every * SECOND), self.person_burst)

    @property
    def account(self) -> Rule:
        return Rule(math.ceil(self.account_every * SECOND), self.account_burst)

    @property
    def unasked(self) -> Rule:
        """Of the account, for what nobody waits for: half of its burst stays free for replies to people who write."""
        return Rule(math.ceil(self.account_every * SECOND), max(1, self.account_burst // 2))


NO_LIMITS = Limits(0, 1, 0, 1)


@dataclass(frozen=True, slots=True)
class Rule:
    """One limit: `every` in microseconds; `burst` messages may go at once, at least one."""

    every: int
    burst: int

    def free_at(self, tat: int) -> int:
        """From when on the next message may go, if the rule's due time is `tat`."""
        return tat - (self.burst - 1) * self.every

    def room(self, tat: int, now: int) -> int:
        """How many messages may go now."""
        return _MANY if not self.every else max(0, self.burst - max(0, -(-(tat - now) // self.every)))

    def after(self, tat: int, now: int) -> int:
        """The due time after a message that goes now."""
        return max(tat, now) + self.every


class Pace(NamedTuple):
    """Where an account stands: the due time of its rule, and until when it is to be silent."""

    tat: int
    held_until: int


FRESH = Pace(0, 0)


def take(tx: Connection, accounts: Collection[Account]) -> tuple[int, dict[Account, Pace]] | None:
    """Locks the paces of these accounts: nobody else sends from them before this transaction ends.

    Gives back the database's time and the paces; None if the clock was set, and all paces with it.
    """
    keys = [
        {"programme_id": programme, "account_id": account, "conversation_id": ""}
        for programme, account in sorted(accounts)
    ]
    before = watch_of(tx).steady()
    rows = run_with_rows(tx, _taking(tx.dialect.name), keys)
    if len(rows) < len(keys):
        insert_rows(tx, t.pace, [{**key, "tat": 0, "held_until": 0} for key in keys], on_conflict="nothing")
        rows = run_with_rows(tx, _taking(tx.dialect.name), keys)
    now = rows[0]["now"]
    if jumps.notice_from(tx, now, rows[0]["ahead"], before):
        return None
    return now, _paces(rows)


def look(tx: Connection, accounts: Collection[Account]) -> tuple[int, dict[Account, Pace]]:
    """As `take`, without locking; an account that never sent anything is not in it."""
    keys = [
        {"programme_id": programme, "account_id": account, "conversation_id": ""}
        for programme, account in accounts
    ]
    names = ("programme_id", "account_id", "tat", "held_until")
    return now_of(tx), _paces(find_rows(tx, t.pace, keys, names))


def keep(tx: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    """Writes due times: {programme_id, account_id, conversation_id, tat}."""
    upsert_rows(tx, t.pace, [{**row, "held_until": 0} for row in rows], {"tat": "replace"})


def hush(tx: Connection, until: Mapping[Account, int]) -> None:
    """Keeps accounts silent at least until these instants; what was asked before is never shortened."""
    rows = [
        {
            "programme_id": programme,
            "account_id": account,
            "conversation_id": "",
            "tat": at,  # so that the row stays as long as the silence
            "held_until": at,
        }
        for (programme, account), at in until.items()
    ]
    upsert_rows(tx, t.pace, rows, {"tat": "greatest", "held_until": "greatest"})


def _paces(rows: Iterable[Mapping[str, Any]]) -> dict[Account, Pace]:
    return {(row["programme_id"], row["account_id"]): Pace(row["tat"], row["held_until"]) for row in rows}


@lru_cache(maxsize=2)
def _taking(dialect: str) -> Executable:
    names = ("programme_id", "account_id", "conversation_id")
    rows, columns = incoming(dialect, dict.fromkeys(names, Text())), t.pace.c
    return (
        select(
            columns.programme_id,
            columns.account_id,
            columns.tat,
            columns.held_until,
            database_now().label("now"),
            jumps.ahead().label("ahead"),
        )
        .select_from(rows.join(t.pace, and_(*(columns[name] == rows.c[name] for name in names))))
        .order_by(*t.pace.primary_key)
        .with_for_update(of=t.pace)
    )
