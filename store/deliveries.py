"""What a platform says became of a message that we sent: sent, delivered, read, failed.

Statuses come late, twice and in any order, so each only adds its instant: what is known never goes
back. Failed is the end of an attempt, whatever else is said of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection

from store import dead_letters
from store import tables as t
from store.bulk import find_rows, update_rows

FAILED = "failed"  # what a letter says if the platform gave no reason
_MOST = 2**63 - 1  # what fits into a place
_INSTANT = {"sent": "sent_at", "delivered": "delivered_at", "read": "read_at", "failed": "failed_at"}
_KEY = ("programme_id", "conversation_id", "place")
_CHANGED = (
    "state", "due_at", "why", "provider_id", "sent_at", "delivered_at", "read_at", "failed_at", "failure",
)  # fmt: skip
_ALSO = ("account_id", "attempts", "doubts", "body")
_Key = tuple[str, str, int]
_Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Status:
    """One status. at: microseconds UTC.

    provider_id: the platform's id of the message. name: what we gave it to be echoed, `conversation:place`;
    it finds a message whose sending nobody knows the end of. reason: the platform's code of a failure.
    """

    programme: str
    account: str
    provider_id: str
    state: Literal["sent", "delivered", "read", "failed"]
    at: int
    name: str = ""
    reason: str = ""


def note(tx: Connection, statuses: Sequence[Status]) -> list[None]:
    """Keeps what is said of messages of ours; what is said of others does no harm.

    A reply in doubt that is named here was sent. One that failed is given up, with a letter.
    """
    keys = _keys(tx, statuses)
    found = find_rows(
        tx,
        t.outbox,
        [dict(zip(_KEY, key, strict=True)) for key in sorted(set(keys.values()))],
        (*_KEY, *_CHANGED, *_ALSO),
        lock=True,
    )
    before = {_key_of(row): row for row in found}
    after = dict(before)
    for status in statuses:
        key = keys.get(_id_of(status))
        if key in after and _is_of(after[key], status):
            after[key] = {**after[key], **_changes(after[key], status)}
    changed = [row for key, row in after.items() if row != before[key]]
    update_rows(
        tx, t.outbox, [{name: row[name] for name in (*_KEY, *_CHANGED)} for row in changed], match=_KEY
    )
    failed = [row for row in changed if row["state"] == "dead" and before[_key_of(row)]["state"] != "dead"]
    dead_letters.add(
        tx,
        [
            dead_letters.row(
                row["programme_id"], row["conversation_id"], "outbox", row["place"], row["body"],
                row["failure"], row["attempts"], row["failed_at"],
            )
            for row in failed
        ],
    )  # fmt: skip
    return [None] * len(statuses)


def _id_of(status: Status) -> tuple[str, str, str]:
    return status.programme, status.name, status.provider_id


def _keys(tx: Connection, statuses: Sequence[Status]) -> dict[tuple[str, str, str], _Key]:
    """Which row each status is about, if there may be one: by the name it echoes, else by the platform's id."""
    keys = {}
    by_id = []
    for status in statuses:
        place = _place(status.name)
        if place is None:
            by_id.append({"programme_id": status.programme, "provider_id": status.provider_id})
        else:
            keys[_id_of(status)] = (status.programme, status.name.rpartition(":")[0], place)
    rows = find_rows(tx, t.outbox, by_id, (*_KEY, "provider_id"))
    found = {(row["programme_id"], row["provider_id"]): _key_of(row) for row in rows}
    for status in statuses:
        if key := found.get((status.programme, status.provider_id)):
            keys.setdefault(_id_of(status), key)
    return keys


def _place(name: str) -> int | None:
    """The place in `conversation:place`; None for anything else, as it comes from outside."""
    place = name.rpartition(":")[2]
    return (
        int(place)
        if place.isascii() and place.isdigit() and len(place) < 20 and int(place) <= _MOST
        else None
    )


def _key_of(row: Mapping[str, Any]) -> _Key:
    return row["programme_id"], row["conversation_id"], row["place"]


def _is_of(row: _Row, status: Status) -> bool:
    """Whether a status is about the newest attempt of this row, as far as anybody knows."""
    mine = row["provider_id"] in (None, status.provider_id)
    return mine and row["account_id"] == status.account and row["attempts"] > 0


def _changes(row: _Row, status: Status) -> _Row:
    """What a status adds to its row. The same statuses in any order, and again, end in the same row."""
    instant = _INSTANT[status.state]
    known = row[instant]
    changes: _Row = {
        "provider_id": status.provider_id,
        instant: status.at if known is None else min(known, status.at),
    }
    if status.state == "failed":
        changes["failure"] = min(status.reason or FAILED, row["failure"] or status.reason or FAILED)
        # While it is being sent for a second time, the failure may be that of the first.
        if row["state"] in ("sent", "unknown") or (row["state"] == "sending" and row["doubts"] == 0):
            changes |= {"state": "dead", "due_at": None, "why": changes["failure"]}
    elif row["failed_at"] is None and row["state"] in ("unknown", "queued", "waiting"):
        sent = changes.get("sent_at") or row["sent_at"] or status.at
        changes |= {"state": "sent", "due_at": None, "sent_at": sent}
    return changes
