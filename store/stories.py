"""Stories that owners tell for others: kept encrypted, read by an editor, gone when they are taken back.

They stand apart from what analysts count: an event says only that a story was told. What is kept beside
the words are codes of the business as it was then.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, and_, select, update

from store import tables as t
from store.bulk import delete_returning, delete_rows, find_rows, insert_rows
from store.calls import Calling
from store.engine import scrub_after_commit, vault_of

StoryState = Literal["waiting", "approved", "refused"]
SEAL = "story"  # what the words are sealed as
WORDS = ("before", "did", "changed", "name")
CODES = ("language", "economy", "sector", "leader_sex", "gap", "times", "agreed")


@dataclass(frozen=True, slots=True)
class Story:
    """One story. before, did, changed: her words, the last two may be empty; name: None to stay unnamed.

    economy, sector, leader_sex, gap, times: codes, None where nobody knows. Instants in microseconds UTC.
    """

    programme: str
    id: str
    before: str
    did: str
    changed: str
    name: str | None
    language: str
    economy: str | None
    sector: str | None
    leader_sex: str | None
    gap: str | None
    times: str | None
    state: StoryState
    reviewer: str | None
    note: str | None
    told_at: int
    decided_at: int | None


def keep_story(tx: Connection, calling: Calling, now: int) -> bool:
    """Keeps the story that a call brings. False if it was taken back, or she erased, before it came."""
    key = {"programme_id": calling.programme, "conversation_id": calling.conversation}
    talk = {"programme_id": calling.programme, "id": calling.conversation}
    people = find_rows(tx, t.conversation, [talk], ("person_id",), lock=True)
    # Who takes it back while the call is on its way takes the call away.
    if not people or not find_rows(tx, t.call, [{**key, "id": calling.call.id}], ("id",), lock=True):
        return False
    told = calling.call.arguments
    words = json.dumps({part: told.get(part) for part in WORDS}, ensure_ascii=False)
    row = {
        "programme_id": calling.programme,
        "id": calling.call.id,
        "person_id": people[0]["person_id"],
        "sealed": vault_of(tx).seal(calling.programme, SEAL, words),
        "named": told.get("name") is not None,
        "state": "waiting",
        "told_at": now,
        **{code: told.get(code) for code in CODES},
    }
    insert_rows(tx, t.story, [row], on_conflict="nothing")
    return True


def withdraw(tx: Connection, programme: str, conversation: str) -> int:
    """Deletes all stories of the person of this conversation, also one that is still on its way."""
    talk = {"programme_id": programme, "id": conversation}
    people = find_rows(tx, t.conversation, [talk], ("person_id",))
    hers = [{"programme_id": programme, "person_id": row["person_id"]} for row in people]
    talks = find_rows(tx, t.conversation, hers, ("id",), lock=True)
    coming = [
        {"programme_id": programme, "conversation_id": row["id"], "name": "keep_story"} for row in talks
    ]
    delete_rows(tx, t.call, coming)
    gone = delete_returning(tx, t.story, hers, ("id",))
    scrub_after_commit(tx)
    return len(gone)


def stories(tx: Connection, programme: str, states: Iterable[StoryState]) -> list[Story]:
    """The stories of a programme in these states, the oldest first."""
    return _found(tx, programme, t.story.c.state.in_(list(states)))


def begins_with(tx: Connection, programme: str, beginning: str) -> list[Story]:
    """The stories whose id begins like this."""
    return _found(tx, programme, t.story.c.id.startswith(beginning, autoescape=True))


def decide(
    tx: Connection, programme: str, id: str, state: StoryState, *, reviewer: str, note: str, now: int
) -> bool:
    """Writes down what an editor decided. False if the story has been taken back meanwhile."""
    columns = t.story.c
    done = tx.execute(
        update(t.story)
        .where(columns.programme_id == programme, columns.id == id)
        .values(state=state, reviewer=reviewer, note=note, decided_at=now)
    )
    return done.rowcount == 1


def _found(tx: Connection, programme: str, wanted: ColumnElement[bool]) -> list[Story]:
    """Stories with their words. Those of somebody who only tries a draft are nobody's to read."""
    story, person = t.story.c, t.person.c
    found = tx.execute(
        select(t.story)
        .join(t.person, and_(person.programme_id == story.programme_id, person.id == story.person_id))
        .where(story.programme_id == programme, ~person.is_test, wanted)
        .order_by(story.told_at, story.id)
    )
    return [_story(tx, row) for row in found.mappings()]


def _story(tx: Connection, row: Mapping[Any, Any]) -> Story:
    words = json.loads(vault_of(tx).open(row["programme_id"], SEAL, row["sealed"]))
    return Story(
        programme=row["programme_id"],
        id=row["id"],
        before=words["before"] or "",
        did=words["did"] or "",
        changed=words["changed"] or "",
        name=words["name"],
        **{code: row[code] for code in CODES if code != "agreed"},
        state=row["state"],
        reviewer=row["reviewer"],
        note=row["note"],
        told_at=row["told_at"],
        decided_at=row["decided_at"],
    )
