"""Businesses and assessments, which two channels of one person may share.

They are written by compare-and-set: whoever loaded an older version has lost the race and does
the turn again. Which of them win is decided for the whole batch before anything is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, false, update

from flows.state import Assessment, Business, State, conversation_to_json, to_json
from store import tables as t
from store.bulk import Change as Changing
from store.bulk import (
    change_with_rows,
    find_rows,
    for_each_row,
    insert_rows,
    types_of,
    update_rows,
    upsert_rows,
)

Key = tuple[str, str]  # programme, id
Row = dict[str, Any]


class Change(NamedTuple):
    """What a conversation's turns want to do with what it shares.

    business, assessment: those to write; None if nothing about them has changed.
    speaks_for_another: whether she speaks for another kept business than before, or in another
        role. One that is not kept concerns this conversation alone: her other channels stay where
        they are.
    """

    programme: str
    person: str
    before: State
    after: State
    now: int
    business: Business | None
    assessment: Assessment | None
    speaks_for_another: bool

    @classmethod
    def of(cls, programme: str, person: str, before: State, after: State, now: int) -> Change:
        if not lies_apart(after):
            return cls(programme, person, before, after, now, None, None, speaks_for_another=False)
        apart = lies_apart(before)
        another = not apart or _who(before) != _who(after)
        return cls(programme, person, before, after, now, *_to_write(before, after, apart), another)


def _who(state: State) -> tuple[str | None, str | None]:
    """What she speaks for, and in which role."""
    business = state.business
    return (business.id, business.role) if business else (None, None)


def _to_write(before: State, after: State, apart: bool) -> tuple[Business | None, Assessment | None]:
    """apart: whether what was there before lies in its tables."""
    business, assessment = after.business, after.assessment
    if apart and before.assessment == assessment:
        assessment = None
    if (business is not None and only_named(business)) or (
        apart and _same(before.business, business) and _id(before.assessment) == _id(after.assessment)
    ):
        business = None
    return business, assessment


def only_named(business: Business) -> bool:
    """One that she already has, and only changes to, comes with its id and role alone: it is not written."""
    known = business.profile or business.standing or business.consent or business.registered
    return business.version == 0 and not known


def _same(one: Business | None, other: Business | None) -> bool:
    """Whether two are the same business with the same content; the role lies elsewhere."""
    if one is None or other is None:
        return one is other
    return replace(one, role=other.role) == other if one.role != other.role else one == other


def lies_apart(state: State) -> bool:
    """Whether business and assessment lie in their tables, not in the conversation itself."""
    return state.business is not None and (state.kept or only_named(state.business))


def stored(state: State) -> dict[str, Any]:
    """The state as the conversation's row keeps it: alone, if its parts lie in their own tables.

    A conversation about nothing yet is kept alone, too: it takes up what she speaks for elsewhere.
    """
    about = (state.business, state.assessment, *state.businesses)
    if lies_apart(state) or not any(about):
        return conversation_to_json(state)
    return to_json(inside_conversation(state))


def out_of_flows(state: State) -> State:
    """The state of somebody who is in the middle of nothing."""
    return replace(state, frames=(), waiting=None, trail=(), paused=False)


def structures_of(state: State) -> str | None:
    """The structures of packs that its runs and its ways back are pinned to, with spaces between."""
    pinned = {frame.structure for frame in state.frames}
    pinned |= {place[1] for places in state.trail for place in places}
    return " ".join(sorted(pinned)) or None


def blanked(state: State) -> State:
    """What stays of a conversation when all that it was about is forgotten."""
    return replace(out_of_flows(state), answers={}, business=None, assessment=None)


def hold(tx: Connection, people: Iterable[Key]) -> None:
    """Locks persons: what changes a person's businesses is done by one channel after the other."""
    rows = [{"programme_id": programme, "id": person} for programme, person in sorted(set(people))]
    find_rows(tx, t.person, rows, ("id",), lock=True)


def losers(tx: Connection, changes: Sequence[Change]) -> set[int]:
    """Places of the changes that come too late; nothing of their conversation may be written.

    Of two conversations in one batch that write the same business the first one wins.
    """
    businesses = _versions(tx, t.business, [(c.programme, b.id) for c in changes if (b := c.business)])
    assessments = _versions(tx, t.assessment, [(c.programme, a.id) for c in changes if (a := c.assessment)])
    late: set[int] = set()
    taken: set[Key] = set()
    for place, change in enumerate(changes):
        business, assessment = change.business, change.assessment
        wanted: list[Key] = []
        ok = True
        for part, versions in ((business, businesses), (assessment, assessments)):
            if part is not None:
                key = (change.programme, part.id)
                wanted.append(key)
                ok = ok and key not in taken and versions.get(key, 0) == part.version
        if ok:
            taken.update(wanted)
        else:
            late.add(place)
    return late


def write(tx: Connection, changes: Sequence[Change]) -> None:
    """Writes what `losers` let through."""
    businesses = [(c, b) for c in changes if (b := c.business)]
    assessments = [(c, a) for c in changes if (a := c.assessment)]
    insert_rows(
        tx,
        t.business,
        [{**_business_row(c, b), "created_at": c.now} for c, b in businesses if b.version == 0],
    )
    update_rows(
        tx,
        t.business,
        [_business_row(c, b) for c, b in businesses if b.version > 0],
        match=("programme_id", "id"),
    )
    insert_rows(tx, t.assessment, [_assessment_row(c, a) for c, a in assessments if a.version == 0])
    update_rows(
        tx,
        t.assessment,
        [_assessment_row(c, a) for c, a in assessments if a.version > 0],
        match=("programme_id", "id"),
    )
    _speak_for(tx, [c for c in changes if c.speaks_for_another])


def inside_conversation(state: State) -> State:
    """The state with its parts as new ones: they lie in the conversation, no table has a version."""
    business, assessment = state.business, state.assessment
    return replace(
        state,
        business=replace(business, version=0) if business else None,
        assessment=replace(assessment, version=0) if assessment else None,
    )


def _speak_for(tx: Connection, changes: Sequence[Change]) -> None:
    """The last one of a person's changes is what she speaks for from now on."""
    current: dict[Key, str] = {}
    spoken: dict[tuple[str, str, str], Row] = {}
    gone = _gone(tx, changes)
    for c in changes:
        business = c.after.business
        assert business is not None
        current[c.programme, c.person] = business.id
        if (c.programme, business.id) not in gone:
            spoken[c.programme, c.person, business.id] = {
                "programme_id": c.programme,
                "person_id": c.person,
                "business_id": business.id,
                "role": business.role,
                "created_at": c.now,
            }
    people = [
        {"programme_id": programme, "person_id": person, "business_id": business}
        for (programme, person), business in sorted(current.items())
    ]
    # First nobody else is the current one, then this one is: there is never more than one.
    change_with_rows(tx, _one_current(tx.dialect.name), people)
    rows = [
        {**row, "current": current[programme, person] == business}
        for (programme, person, business), row in spoken.items()
    ]
    upsert_rows(tx, t.membership, rows, {"role": "replace", "current": "replace"})


def _gone(tx: Connection, changes: Sequence[Change]) -> set[Key]:
    """Businesses that somebody changes to and that another channel of hers has given up meanwhile."""
    named = {(c.programme, b.id) for c in changes if (b := c.after.business) and only_named(b)}
    return named - _versions(tx, t.business, named).keys()


@lru_cache(maxsize=2)
def _one_current(dialect: str) -> Changing:
    """At most one business of a person is the current one."""
    columns = t.membership.c
    return for_each_row(
        dialect,
        types_of(t.membership, ("programme_id", "person_id", "business_id")),
        lambda row: (
            update(t.membership)
            .where(
                columns.programme_id == row["programme_id"],
                columns.person_id == row["person_id"],
                columns.business_id != row["business_id"],
                columns.current,
            )
            .values(current=false())
        ),
    )


def _versions(tx: Connection, table: Any, keys: Iterable[Key]) -> dict[Key, int]:
    rows = [{"programme_id": programme, "id": id} for programme, id in dict.fromkeys(keys)]
    found = find_rows(tx, table, rows, ("programme_id", "id", "version"), lock=True)
    return {(row["programme_id"], row["id"]): row["version"] for row in found}


def _business_row(change: Change, business: Business) -> Row:
    assessment = change.after.assessment
    return {
        "programme_id": change.programme,
        "id": business.id,
        "profile": business.profile,
        "consent": business.consent,
        "registered": business.registered,
        "standing": business.standing,
        "assessment_id": assessment.id if assessment else None,
        "version": business.version + 1,
        "changed_at": change.now,
    }


def _assessment_row(change: Change, assessment: Assessment) -> Row:
    assert change.after.business is not None
    return {
        "programme_id": change.programme,
        "id": assessment.id,
        "business_id": change.after.business.id,
        "mode": assessment.mode,
        "instrument": assessment.instrument,
        "answers": assessment.answers,
        "result": assessment.result,
        "started": assessment.started,
        "completed": assessment.completed,
        "cycle": assessment.cycle,
        "version": assessment.version + 1,
    }


def _id(part: Business | Assessment | None) -> str | None:
    return part.id if part else None
