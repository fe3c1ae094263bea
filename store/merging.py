"""One person on two channels: she is joined by a code that one channel shows and the other is told.

Nothing else joins two persons. The code is good once and for ten minutes, is kept only as a keyed
hash, and cannot be guessed: a conversation may be wrong five times in an hour.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, null, select, update

from flows.state import State, from_json
from store import campaigns, erasure, shared
from store import tables as t
from store.bulk import delete_rows, find_rows, insert_rows, update_rows, upsert_rows
from store.clock import HOUR, SECOND, now_of
from store.engine import vault_of

LASTS = 600 * SECOND
MOST_WRONG = 5
LENGTH = 8
# Without what is taken for something else, read or heard: 0 O, 1 I L, 2 Z, 5 S, 8 B, U V.
LETTERS = "34679ACDEFGHJKMNPQRTWXY"


def make_code(tx: Connection, programme: str, conversation: str, now: int) -> str:
    """A new code for the person of this conversation; an earlier one of it is good no more.

    now: microseconds UTC.
    """
    code = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    row = {
        "programme_id": programme,
        "conversation_id": conversation,
        "mark": _mark(tx, programme, code),
        "until": now + LASTS,
        "wrong": [],
        "changed_at": now,
    }
    upsert_rows(tx, t.merge_code, [row], {"mark": "replace", "until": "replace", "changed_at": "greatest"})
    return code


def redeem(tx: Connection, programme: str, conversation: str, code: str, now: int) -> bool:
    """Makes the person of this conversation the one who was shown the code; whether it was a good one.

    All that was hers on this side is hers on that side from now on. What this conversation speaks
    for is what she speaks for there; a kept business of it stays one of her businesses.
    """
    if not _people(tx, programme, (conversation,)):
        return False  # she was erased a moment ago
    wrong = _wrong_tries(tx, programme, conversation, now)
    if len(wrong) >= MOST_WRONG:
        return False
    shown = _use(tx, programme, code, now, but=conversation)
    if shown is None:
        row = {"programme_id": programme, "conversation_id": conversation}
        changed = {**row, "wrong": [*wrong, now], "changed_at": now}
        update_rows(tx, t.merge_code, [changed], match=("programme_id", "conversation_id"))
        return False
    return _join(tx, programme, conversation, shown, now)


def _mark(tx: Connection, programme: str, code: str) -> str:
    """People type small letters, spaces and hyphens."""
    typed = "".join(sign for sign in code.upper() if sign.isalnum())
    return vault_of(tx).mark(programme, "merge", typed)


def _wrong_tries(tx: Connection, programme: str, conversation: str, now: int) -> list[int]:
    """When this conversation was wrong within the last hour; its row is locked and there afterwards."""
    key = {"programme_id": programme, "conversation_id": conversation}
    insert_rows(tx, t.merge_code, [{**key, "wrong": [], "changed_at": now}], on_conflict="nothing")
    (row,) = find_rows(tx, t.merge_code, [key], ("wrong",), lock=True)
    return [at for at in row["wrong"] if at > now - HOUR]


def _use(tx: Connection, programme: str, code: str, now: int, *, but: str) -> str | None:
    """The conversation that was shown this code, another one than `but`; the code is used up."""
    columns = t.merge_code.c
    used: str | None = tx.execute(
        update(t.merge_code)
        .where(
            columns.programme_id == programme,
            columns.mark == _mark(tx, programme, code),
            columns.until > now,
            columns.conversation_id != but,
        )
        .values(mark=null(), until=null())
        .returning(columns.conversation_id)
    ).scalar_one_or_none()
    return used


def _join(tx: Connection, programme: str, joining: str, shown: str, now: int) -> bool:
    """Whether both conversations are still there; afterwards they belong to one person."""
    people = _people(tx, programme, (joining, shown))
    talks = erasure.conversations_of(tx, [(programme, person) for person in people.values()])
    people = {talk["id"]: talk["person_id"] for talk in talks}
    if joining not in people or shown not in people:
        return False
    leaves, stays = people[joining], people[shown]
    if leaves == stays:
        return True
    shared.hold(tx, [(programme, leaves), (programme, stays)])
    _hand_over(tx, programme, leaves, stays)
    _rewrite(tx, programme, stays, talks, joining)
    erasure.rebuild(tx, [(programme, leaves), (programme, stays)])
    delete_rows(tx, t.person, [{"programme_id": programme, "id": leaves}])
    return True


def _people(tx: Connection, programme: str, talks: Sequence[str]) -> dict[str, str]:
    columns = t.conversation.c
    found = tx.execute(
        select(columns.id, columns.person_id).where(
            columns.programme_id == programme, columns.id.in_(list(talks))
        )
    )
    return {row.id: row.person_id for row in found}


def _hand_over(tx: Connection, programme: str, leaves: str, stays: str) -> None:
    """Everything that names the person who leaves names the one who stays."""
    _hand_over_businesses(tx, programme, leaves, stays)
    campaigns.join(tx, programme, leaves, stays)
    for table in (t.identity, t.conversation, t.consent, t.event, t.story):
        columns = table.c
        tx.execute(
            update(table)
            .where(columns.programme_id == programme, columns.person_id == leaves)
            .values(person_id=stays)
        )


def _hand_over_businesses(tx: Connection, programme: str, leaves: str, stays: str) -> None:
    """She goes on to speak for what she spoke for where the code was shown, if that was anything."""
    columns = tuple(column.name for column in t.membership.c)
    keys = [{"programme_id": programme, "person_id": person} for person in (leaves, stays)]
    rows = find_rows(tx, t.membership, keys, columns)
    hers = [row for row in rows if row["person_id"] == stays]
    known = {row["business_id"] for row in hers}
    speaks = any(row["current"] for row in hers)
    delete_rows(tx, t.membership, keys[:1])
    joined = [
        {**row, "person_id": stays, "current": row["current"] and not speaks}
        for row in rows
        if row["person_id"] == leaves and row["business_id"] not in known
    ]
    insert_rows(tx, t.membership, joined)


def _rewrite(
    tx: Connection, programme: str, person: str, talks: Sequence[Mapping[str, Any]], joining: str
) -> None:
    """Every conversation of hers learns of all her businesses; turns at work on them are done again."""
    businesses = _businesses(tx, programme, person)
    current = next((one["id"] for one, is_current in businesses if is_current), None)
    clock = now_of(tx)
    rows = []
    for talk in talks:
        state, kept = from_json(talk["state"]), talk["kept"]
        if talk["id"] == joining and current is not None:
            state, kept = replace(state, business=None, assessment=None), True
        state = _knowing(state, [one for one, _ in businesses], current)
        ready = talk["ready_at"] and clock
        rows.append({**erasure.rewritten(talk, state), "kept": kept, "ready_at": ready})
    update_rows(tx, t.conversation, rows, match=("programme_id", "id"))


def _businesses(tx: Connection, programme: str, person: str) -> list[tuple[dict[str, Any], bool]]:
    """Her businesses as a conversation names them, and which of them is the current one."""
    key = {"programme_id": programme, "person_id": person}
    columns = ("business_id", "role", "current", "created_at")
    rows = find_rows(tx, t.membership, [key], columns)
    ids = [{"programme_id": programme, "id": row["business_id"]} for row in rows]
    sectors = {
        row["id"]: row["profile"].get("sector") for row in find_rows(tx, t.business, ids, ("id", "profile"))
    }
    return [
        (
            {"id": row["business_id"], "label": sectors[row["business_id"]], "role": row["role"]},
            row["current"],
        )
        for row in sorted(rows, key=lambda row: (row["created_at"], row["business_id"]))
    ]


def _knowing(state: State, businesses: Sequence[dict[str, Any]], current: str | None) -> State:
    """The state with all her businesses but the one that this conversation is about."""
    about = state.business.id if state.business else current
    return replace(state, businesses=tuple(one for one in businesses if one["id"] != about))
