"""The read models: rows that are a pure function of the present events.

`fold` turns events into small rows, `merge` says how two rows of the same key become one. All
merging is commutative, so it does not matter in which order or by which process events arrive,
and the same rules run in SQL. `apply` keeps the rows with the events, `rebuild` makes them anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, case, select

from store import tables as t
from store.bulk import upsert_rows
from store.engine import shard_of

EventRow = Mapping[Any, Any]
Row = dict[str, Any]

# The stages a single event shows (domain guide, indicator I05). Stages 5 and 6 need counting: see `stage`.
MILESTONES = {
    "person_registered": 1,
    "diagnostic_started": 2,
    "diagnostic_completed": 3,
    "item_opened": 4,
    "action_confirmed": 7,
    "reassessed": 7,
}
_COUNTED = {
    "visit_started": "visits",
    "diagnostic_started": "diagnostics_started",
    "diagnostic_completed": "diagnostics_completed",
    "item_assigned": "items_assigned",
    "item_opened": "items_opened",
    "video_played": "plays",
}
_NOTHING_COUNTED = dict.fromkeys(_COUNTED.values(), 0)
_FILMS = {"video_opened": "opened", "video_played": "plays", "video_completed": "completed"}

# How two rows of one key become one, column by column.
MERGE: dict[str, dict[str, str]] = {
    "person_fact": {
        "first_at": "least",
        "last_at": "greatest",
        "registered_at": "least",
        "milestone": "greatest",
        "visits": "add",
        "diagnostics_started": "add",
        "diagnostics_completed": "add",
        "items_assigned": "add",
        "items_opened": "add",
        "package_size": "greatest",
        "items_done": "add",
        "plays": "add",
        "opted_out_at": "greatest",
    },
    "person_day": {"visits": "add", "events": "add"},
    "film_day": {"opened": "add", "plays": "add", "completed": "add"},
    "programme_day": {"n": "add"},
}
TABLES: tuple[Table, ...] = (t.film_day, t.person_day, t.person_fact, t.programme_day)
# Sums over many persons: erasing one of them subtracts. The other rows go with their person.
SUMS: tuple[Table, ...] = (t.film_day, t.programme_day)
OF_PERSONS: tuple[Table, ...] = (t.person_day, t.person_fact)


def stage() -> ColumnElement[int]:
    """The highest stage a person reached, 0 to 7, as SQL over `person_fact`.

    5: half of the package items are done, 6: all of them. An item is done when its quiz is answered.
    """
    fact = t.person_fact.c
    package = and_(fact.package_size > 0, fact.milestone < 6)
    return case(
        (and_(package, fact.items_done >= fact.package_size), 6),
        (and_(package, 2 * fact.items_done >= fact.package_size), 5),
        else_=fact.milestone,
    )


@dataclass(frozen=True, slots=True)
class Folded:
    """Rows of one read model, by primary key."""

    table: Table
    rows: dict[tuple[Any, ...], Row]


def fold(events: Iterable[EventRow], *, shard: int = 0, sign: int = 1) -> list[Folded]:
    """The rows that follow from these events. Trial persons follow nowhere.

    sign: -1 for events that are about to be erased; it only makes sense for `SUMS`.
    """
    counted = [event for event in events if not event["is_test"]]
    return [_folded(table, counted, shard, sign) for table in TABLES]


def _folded(table: Table, events: Iterable[EventRow], shard: int, sign: int) -> Folded:
    rows_of, key_of = _ROWS[table.name], itemgetter(*table.primary_key.columns.keys())
    rows: dict[tuple[Any, ...], Row] = {}
    for event in events:
        for row in rows_of(event, shard, sign):
            key = key_of(row)
            there = rows.get(key)
            rows[key] = merge(table.name, there, row) if there else row
    return Folded(table, rows)


def merge(table: str, one: Row, other: Row) -> Row:
    """Two rows of the same key as one."""
    merged = dict(one)
    for name, how in MERGE[table].items():
        a, b = one[name], other[name]
        if a is None or b is None:
            merged[name] = b if a is None else a
        else:
            merged[name] = a + b if how == "add" else (min(a, b) if how == "least" else max(a, b))
    return merged


def apply(tx: Connection, events: Iterable[EventRow], *, tables: Collection[Table] = TABLES) -> None:
    """Adds events that are being written to the read models, in the same transaction."""
    for folded in fold(events, shard=shard_of(tx)):
        if folded.table in tables:
            upsert_rows(tx, folded.table, folded.rows.values(), MERGE[folded.table.name])


def subtract(tx: Connection, events: Iterable[EventRow]) -> None:
    """Takes events that are being erased out of the sums."""
    for folded in fold(events, shard=shard_of(tx), sign=-1):
        if folded.table in SUMS:
            upsert_rows(tx, folded.table, folded.rows.values(), MERGE[folded.table.name])


_READ_AT_ONCE = 10_000


def rebuild(tx: Connection, programme: str) -> None:
    """Makes the read models of a programme anew from the events that are there."""
    for table in TABLES:
        tx.execute(table.delete().where(table.c.programme_id == programme))
    for some in _in_parts(tx, programme):
        apply(tx, some)


def _in_parts(tx: Connection, programme: str) -> Iterator[list[Row]]:
    last = ""
    while True:
        found = tx.execute(
            select(t.event)
            .where(t.event.c.programme_id == programme, t.event.c.id > last)
            .order_by(t.event.c.id)
            .limit(_READ_AT_ONCE)
        )
        part = [dict(row) for row in found.mappings()]
        if not part:
            return
        yield part
        last = part[-1]["id"]


def _person_fact(event: EventRow, shard: int, sign: int) -> Iterator[Row]:
    if event["person_id"] is None:
        return
    kind, at, data = event["kind"], event["occurred_at"], event["data"]
    row: Row = {
        "programme_id": event["programme_id"],
        "person_id": event["person_id"],
        "first_at": at,
        "last_at": at,
        "registered_at": at if kind == "person_registered" else None,
        "milestone": MILESTONES.get(kind, 0),
        "package_size": data.get("rank", 0) if kind == "item_assigned" else 0,
        "items_done": 1 if kind == "quiz_answered" and data.get("first") else 0,
        "opted_out_at": at if kind == "opted_out" else None,
        **_NOTHING_COUNTED,
    }
    if kind in _COUNTED:
        row[_COUNTED[kind]] = 1
    yield row


def _person_day(event: EventRow, shard: int, sign: int) -> Iterator[Row]:
    if event["person_id"] is not None:
        yield {
            "programme_id": event["programme_id"],
            "local_day": event["local_day"],
            "person_id": event["person_id"],
            "visits": 1 if event["kind"] == "visit_started" else 0,
            "events": 1,
        }


def _film_day(event: EventRow, shard: int, sign: int) -> Iterator[Row]:
    film = event["data"].get("film")
    if event["kind"] in _FILMS and film:
        yield {
            "programme_id": event["programme_id"],
            "local_day": event["local_day"],
            "film": film,
            "shard": shard,
            **{column: sign if column == _FILMS[event["kind"]] else 0 for column in _FILMS.values()},
        }


def _programme_day(event: EventRow, shard: int, sign: int) -> Iterator[Row]:
    yield {
        "programme_id": event["programme_id"],
        "local_day": event["local_day"],
        "kind": event["kind"],
        "channel": event["channel"],
        "shard": shard,
        "n": sign,
    }


_ROWS = {
    "person_fact": _person_fact,
    "person_day": _person_day,
    "film_day": _film_day,
    "programme_day": _programme_day,
}
