"""What other parties report: their pseudonyms become persons of ours, their events are counted once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from store import events
from store import tables as t
from store.bulk import find_rows, insert_rows
from store.engine import vault_of
from store.erasure import erased_at

CHANNEL = "outside"
# What a person agreed to elsewhere was shown to her there; we know only who says so.
CONSENT = "elsewhere"


@dataclass(frozen=True, slots=True)
class Reported:
    """One event of another party. `id` and `pseudonym` are theirs; instants microseconds UTC."""

    id: str
    pseudonym: str
    kind: str
    occurred_at: int
    data: Mapping[str, str | int | float | bool | None]
    language: str | None = None
    is_test: bool = False


@dataclass(frozen=True, slots=True)
class Received:
    """How many events were new, and how many had been received before."""

    new: int
    known: int


def receive(tx: Connection, programme: str, source: str, reported: Sequence[Reported], now: int) -> Received:
    """Keeps what is new. The same id of the same source is counted once, however often it comes.

    What happened before a person was erased stays erased, even if it is reported again.
    """
    vault = vault_of(tx)
    by_id = {vault.mark(programme, "reported", source, one.id)[:32]: one for one in reported}
    people = {one.pseudonym: vault.mark(programme, "source", source, one.pseudonym)[:32] for one in reported}
    keys = [{"programme_id": programme, "id": id} for id in by_id]
    known = {row["id"] for row in find_rows(tx, t.event, keys, ("id",))}
    erased = erased_at(tx, programme, set(people.values()))
    zone = tx.execute(select(t.programme.c.zone).where(t.programme.c.id == programme)).scalar_one()
    rows = []
    for id, one in by_id.items():
        if id in known or one.occurred_at <= erased.get(people[one.pseudonym], 0):
            continue
        row = events.row(
            programme, one.kind, occurred_at=one.occurred_at, recorded_at=now, zone=zone, channel=CHANNEL,
            data=one.data, person=people[one.pseudonym], language=one.language, is_test=one.is_test,
        )  # fmt: skip
        rows.append({**row, "id": id})
    _keep_people(tx, programme, source, rows, now)
    events.append(tx, rows)
    return Received(len(rows), len(reported) - len(rows))


def _keep_people(
    tx: Connection, programme: str, source: str, rows: Sequence[Mapping[str, Any]], now: int
) -> None:
    """Persons that come up for the first time, with the consent that their source vouches for.

    It is dated with their earliest event: no event may be older than the consent to it.
    """
    first: dict[str, Mapping[str, Any]] = {}
    for row in sorted(rows, key=lambda row: row["occurred_at"]):
        first.setdefault(row["person_id"], row)
    new = insert_rows(
        tx, t.person,
        [{"programme_id": programme, "id": id, "is_test": row["is_test"], "reported": True, "created_at": now} for id, row in first.items()],
        on_conflict="nothing", returning=("id",),
    )  # fmt: skip
    fresh = {row["id"] for row in new}
    earlier = _consented_since(tx, programme, [id for id in first if id not in fresh])
    insert_rows(
        tx, t.consent,
        [
            {
                "programme_id": programme, "id": f"{id}{row['occurred_at']:x}"[:48], "person_id": id,
                "purpose": "statistics", "given": True, "text_hash": f"{CONSENT}:{source}",
                "language": row["language"] or "", "channel": CHANNEL, "at": row["occurred_at"],
            }
            for id, row in first.items()
            if id not in earlier or row["occurred_at"] < earlier[id]
        ],
        on_conflict="nothing",
    )  # fmt: skip


def _consented_since(tx: Connection, programme: str, people: Sequence[str]) -> dict[str, int]:
    keys = [{"programme_id": programme, "person_id": id, "purpose": "statistics"} for id in people]
    since: dict[str, int] = {}
    for row in find_rows(tx, t.consent, keys, ("person_id", "at")):
        since[row["person_id"]] = min(row["at"], since.get(row["person_id"], row["at"]))
    return since
