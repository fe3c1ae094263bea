"""A programme with its accounts, and people who write to it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from sqlalchemy import event

from flows.state import Business, State
from flows.values import Inbound, Turn
from store import bulk
from store.engine import Database
from store.inbox import Accepted, Address, Arrival, Claimed, accept, claim
from store.programmes import keep_account, keep_programme
from store.turns import Finish, FinishedTurn, finish_turns

NOW = 1_795_000_000_000_000  # a day in November 2026


@dataclass
class Town:
    """The programme `pe` with a web and a Telegram account, and short words for what tests do."""

    database: Database
    now: int = NOW
    _keys: Any = field(default_factory=itertools.count)

    def arrival(
        self,
        who: str,
        text: str = "hola",
        *,
        key: str | None = None,
        account: str = "telegram/default",
        **more: Any,
    ) -> Arrival:
        key = key or f"m:{who}:{next(self._keys)}"
        channel = account.split("/")[0]
        inbound = Inbound(key, text=text, seed="0" * 32, **more)
        return Arrival("pe", account, inbound, self.now, Address(channel, who))

    def writes(self, who: str, text: str = "hola", **more: Any) -> Accepted:
        """Somebody writes a message, and it is accepted."""
        with self.database.begin() as tx:
            return accept(tx, [self.arrival(who, text, **more)])[0]

    def claims(self, **more: Any) -> list[Claimed]:
        with self.database.begin() as tx:
            return claim(tx, "worker", **more)

    def claims_one(self) -> Claimed:
        (claimed,) = self.claims()
        return claimed

    def finishes(self, *finished: FinishedTurn) -> list[Finish]:
        with self.database.begin() as tx:
            return finish_turns(tx, finished)

    def finished(self, claimed: Claimed, state: State | None = None, **turn: Any) -> FinishedTurn:
        """Every waiting row gets the same turn; without a state, that of somebody who agreed to everything."""
        state = state or self.agreed()
        turns = tuple((row, Turn(state, **turn)) for row in claimed.rows)
        return FinishedTurn(claimed, turns, self.now)

    def talks(self, who: str, state: State | None = None, text: str = "hola", **turn: Any) -> Finish:
        """Somebody writes, and a turn answers with these parts."""
        accepted = self.writes(who, text, account=turn.pop("account", "telegram/default"))
        (claimed,) = self.claims(only=[("pe", accepted.conversation)])
        return self.finishes(self.finished(claimed, state, **turn))[0]

    def agreed(self, business: Business | None = None, **more: Any) -> State:
        """The state of somebody who agreed to everything; without a business it is a new one of hers."""
        business = business or Business(f"own{next(self._keys)}", "own", {"sector": "food"})
        business = replace(business, consent={"guidance": True, "statistics": True})
        return State(language="es", consent={"reminders": True}, business=business, **more)

    def rows(self, table: Any) -> list[dict[str, Any]]:
        with self.database.read() as tx:
            return [dict(row) for row in tx.execute(table.select()).mappings()]


@pytest.fixture
def town(database: Database) -> Town:
    with database.begin() as tx:
        keep_programme(tx, "pe", zone="America/Lima", now=NOW)
        keep_account(tx, "pe", "web", channel="web", pulls=True, now=NOW)
        keep_account(tx, "pe", "telegram/default", channel="telegram", pulls=False, now=NOW)
    return Town(database)


@pytest.fixture
def count_statements(monkeypatch: pytest.MonkeyPatch) -> Callable[[Database], Any]:
    """A block that collects every statement that the writing connection is given, with its parameters.

    Those that are done for many rows count once. What SQLite's driver is handed directly counts, too;
    what threads that other tests left behind write into their own databases does not.
    """

    @contextmanager
    def counting(database: Database) -> Iterator[list[tuple[str, Any]]]:
        given: list[tuple[str, Any]] = []

        def note(connection: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
            if not statement.startswith("BEGIN"):
                given.append((statement, parameters))

        def run_each(self: bulk.ForEach, tx: Any, rows: Any, documents: Any = ()) -> int:
            if tx.engine is database.writing:
                given.append((self.sql, self.parameters(rows, documents)[0]))
            return for_each(self, tx, rows, documents)

        def run_prepared(self: bulk.Prepared, tx: Any, values: Any) -> list[dict[str, Any]]:
            if tx.engine is database.writing:
                given.append((self.sql, tuple({**self.fixed, **values}[name] for name in self.names)))
            return prepared(self, tx, values)

        for_each, prepared = bulk.ForEach.run, bulk.Prepared.run
        event.listen(database.writing, "before_cursor_execute", note)
        with monkeypatch.context() as patch:
            patch.setattr(bulk.ForEach, "run", run_each)
            patch.setattr(bulk.Prepared, "run", run_prepared)
            yield given
        event.remove(database.writing, "before_cursor_execute", note)

    return counting
