"""Erasing a person, and letting go of what is old. Both follow from the declarations in store/tables/.

On SQLite deleted bytes are overwritten and the write-ahead log is emptied after the commit; on
PostgreSQL the rows are gone and the next VACUUM frees their bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    delete,
    exists,
    null,
    select,
    tuple_,
    update,
)

from flows.state import State, conversation_to_json, from_json
from store import read_models, shared
from store import tables as t
from store.bulk import delete_returning, delete_rows, find_rows, insert_rows, update_rows, upsert_rows
from store.clock import DAY, now_of
from store.engine import scrub_after_commit, vault_of
from store.ids import new_id
from store.inbox import new_conversation

# How long a talk without consent is kept after its last message, and how long a silent person is.
UNKEPT = DAY
SILENT = 365 * DAY
# One round of `retire` takes so many rows of a table, and so many persons with all that is theirs.
_AT_ONCE = 500
_PEOPLE_AT_ONCE = 50

Person = tuple[str, str]  # programme, id
_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A person takes back her consent that a business is kept.

    again: she gave it again afterwards, so that only what happened goes.
    """

    programme: str
    person: str
    business: str
    again: bool = False


@dataclass(frozen=True, slots=True)
class Home:
    """The conversation of somebody who is a stranger again."""

    conversation: str
    person: str


def erase(tx: Connection, people: Iterable[Person], *, now: int) -> int:
    """Erases everything about these persons. Gives back how many there were.

    A business goes with its last member. The journal keeps a keyed hash of each person's id, so
    that they can be erased again if an older backup is ever restored.
    """
    wanted = sorted(set(people))
    talks = [(row["programme_id"], row["id"]) for row in conversations_of(tx, wanted)]
    keys = [{"programme_id": programme, "id": person} for programme, person in wanted]
    found = find_rows(tx, t.person, keys, ("programme_id", "id"), lock=True)
    there = [(row["programme_id"], row["id"]) for row in found]
    if not there:
        return 0
    forget(tx, there)
    for table in reversed(t.metadata.sorted_tables):
        keeping = t.keeping_of(table)
        if keeping.erased == "with_conversation" and keeping.by:
            _delete_by(tx, table, keeping.by, talks)
        elif keeping.erased == "blanked" and keeping.by:
            _blank_by(tx, table, talks, keeping, now)
    for table in reversed(t.metadata.sorted_tables):
        keeping = t.keeping_of(table)
        if keeping.erased == "with_person" and keeping.by:
            _delete_by(tx, table, keeping.by, there)
    vault = vault_of(tx)
    journal = [
        {"programme_id": programme, "mark": vault.mark(programme, "erased", person), "at": now}
        for programme, person in there
    ]
    upsert_rows(tx, t.erasure, journal, {"at": "greatest"})
    scrub_after_commit(tx)
    return len(there)


def forget(tx: Connection, people: Sequence[Person]) -> None:
    """Takes away what needs a consent: businesses, assessments, events and what follows from them."""
    if not people:
        return
    shared.hold(tx, people)
    keys = [{"programme_id": programme, "person_id": person} for programme, person in sorted(set(people))]
    read_models.subtract(tx, delete_returning(tx, t.event, keys, _EVENT))
    for table in (t.person_fact, t.person_day):
        delete_rows(tx, table, keys)
    left = delete_returning(tx, t.membership, keys, ("programme_id", "business_id"))
    _leave(tx, {(row["programme_id"], row["business_id"]) for row in left})
    scrub_after_commit(tx)


def withdraw(tx: Connection, withdrawals: Sequence[Withdrawal], *, talks: Sequence[_Key]) -> None:
    """Takes away what followed from a consent to keep a business; the person's others stay.

    talks: the conversations in which it was said; they are written by whoever calls.
    """
    if not withdrawals:
        return
    people = sorted({(one.programme, one.person) for one in withdrawals})
    shared.hold(tx, people)
    keys = [_part_of(one) for one in withdrawals]
    read_models.subtract(tx, delete_returning(tx, t.event, keys, _EVENT))
    rebuild(tx, people)
    given_up = [one for one in withdrawals if not one.again]
    delete_rows(tx, t.membership, [_part_of(one) for one in given_up])
    _leave(tx, {(one.programme, one.business) for one in given_up})
    _interrupt(tx, given_up, set(talks))
    scrub_after_commit(tx)


def erase_and_welcome(tx: Connection, talks: Mapping[_Key, int], *, now: int) -> dict[_Key, Home]:
    """Erases the persons of these conversations and begins a conversation anew on the same addresses.

    talks: conversation -> seq of the inbound that asked for it. What she wrote after that waits in
    the new conversation.
    """
    keys = [{"programme_id": programme, "id": conversation} for programme, conversation in talks]
    columns = ("programme_id", "id", "person_id", "identity_id", "account_id", "last_seq")
    found = find_rows(tx, t.conversation, keys, columns)
    identities = _by_id(tx, t.identity, [(row["programme_id"], row["identity_id"]) for row in found])
    people = _by_id(tx, t.person, [(row["programme_id"], row["person_id"]) for row in found])
    waiting = _waiting(tx, talks)
    paces = _paces(tx, talks)
    erase(tx, list(people), now=now)
    new_people, new_identities, new_talks = [], [], []
    homes: dict[_Key, Home] = {}
    for row in found:
        programme, talk = row["programme_id"], (row["programme_id"], row["id"])
        person = {**people[programme, row["person_id"]], "id": new_id(), "created_at": now}
        identity = {**identities[programme, row["identity_id"]], "id": new_id(), "person_id": person["id"]}
        fresh = new_conversation(programme, row["account_id"], person["id"], identity["id"], now)
        new_people.append(person)
        new_identities.append(identity)
        new_talks.append({**fresh, "last_seq": row["last_seq"], "done_seq": talks[talk]})
        homes[talk] = Home(fresh["id"], person["id"])
    insert_rows(tx, t.person, new_people)
    insert_rows(tx, t.identity, new_identities)
    insert_rows(tx, t.conversation, new_talks)
    _move(tx, waiting, homes)
    insert_rows(tx, t.pace, [{**row, "conversation_id": homes[talk].conversation} for talk, row in paces])
    return homes


def reapply(tx: Connection, journal: Iterable[tuple[str, str]], *, now: int) -> int:
    """Erases again whom the journal of a later time names: (programme, mark). For after a restore."""
    vault, marks = vault_of(tx), set(journal)
    people = tx.execute(select(t.person.c.programme_id, t.person.c.id)).all()
    again = [(p, id) for p, id in people if (p, vault.mark(p, "erased", id)) in marks]
    return erase(tx, again, now=now)


def journal(tx: Connection) -> list[tuple[str, str]]:
    """(programme, mark) of everybody who was erased."""
    return [(p, mark) for p, mark in tx.execute(select(t.erasure.c.programme_id, t.erasure.c.mark))]


def erased_at(tx: Connection, programme: str, people: Iterable[str]) -> dict[str, int]:
    """When those of these persons who were erased were erased."""
    vault = vault_of(tx)
    marks = {vault.mark(programme, "erased", person): person for person in people}
    keys = [{"programme_id": programme, "mark": mark} for mark in marks]
    return {marks[row["mark"]]: row["at"] for row in find_rows(tx, t.erasure, keys, ("mark", "at"))}


def retire(tx: Connection, *, now: int) -> bool:
    """Lets go of what is older than its table's declaration, and of persons who went silent.

    One short round; True if another one finds more. Whoever calls it again until it says False,
    every hour, keeps up.
    """
    rounds = [
        _erase_quiet(tx, _unkept(now - UNKEPT), now - UNKEPT, now),
        _erase_quiet(tx, _silent(now - SILENT), now - SILENT, now),
        _erase_quiet(tx, _silent_elsewhere(now - SILENT), now - SILENT, now),
        _forget_unkept(tx, now - UNKEPT),
    ]
    for table in t.metadata.sorted_tables:
        keeping = t.keeping_of(table)
        if keeping.since and keeping.blank_days is not None:
            rounds.append(_blank_older(tx, table, keeping.since, now - keeping.blank_days * DAY))
        if keeping.since and keeping.days is not None:
            rounds.append(_delete_older(tx, table, keeping.since, now - keeping.days * DAY))
    scrub_after_commit(tx)
    return any(rounds)


_EVENT = tuple(column.name for column in t.event.c)


def _part_of(withdrawal: Withdrawal) -> dict[str, str]:
    """Names a membership, and the events of one person about one business."""
    return {
        "programme_id": withdrawal.programme,
        "person_id": withdrawal.person,
        "business_id": withdrawal.business,
    }


def rebuild(tx: Connection, people: Sequence[Person]) -> None:
    """Makes the read models of these persons anew from the events that are left."""
    keys = [{"programme_id": programme, "person_id": person} for programme, person in people]
    for table in read_models.OF_PERSONS:
        delete_rows(tx, table, keys)
    read_models.apply(tx, find_rows(tx, t.event, keys, _EVENT), tables=read_models.OF_PERSONS)


def _interrupt(tx: Connection, withdrawals: Sequence[Withdrawal], talks: set[_Key]) -> None:
    """Other conversations of these persons forget the businesses, too; turns at work on them are done again."""
    gone: dict[Person, set[str]] = {}
    for one in withdrawals:
        gone.setdefault((one.programme, one.person), set()).add(one.business)
    rows = []
    now = now_of(tx)
    for row in conversations_of(tx, sorted(gone)):
        if (row["programme_id"], row["id"]) in talks:
            continue
        businesses = gone[row["programme_id"], row["person_id"]]
        state = from_json(row["state"])
        left = tuple(other for other in state.businesses if other["id"] not in businesses)
        state = replace(state, businesses=left)
        if row["kept"]:
            state = shared.blanked(state)
        rows.append({**rewritten(row, state), "kept": row["kept"], "ready_at": row["ready_at"] and now})
    update_rows(tx, t.conversation, rows, match=("programme_id", "id"))


def rewritten(row: Mapping[Any, Any], state: State) -> dict[str, Any]:
    """A conversation with another state, taken out of the hands of whoever holds it."""
    about_nothing = state.business is None and state.assessment is None
    return {
        "programme_id": row["programme_id"],
        "id": row["id"],
        "state": conversation_to_json(state) if about_nothing else shared.stored(state),
        "structures": shared.structures_of(state),
        "version": row["version"] + 1,
        "fence": row["fence"] + 1,
        "worker": None,
    }


_TALK = (
    "programme_id", "id", "person_id", "state", "kept", "version", "fence", "ready_at", "last_inbound",
)  # fmt: skip


def conversations_of(tx: Connection, people: Iterable[Person]) -> list[dict[str, Any]]:
    """All conversations of these persons, locked."""
    keys = [{"programme_id": programme, "person_id": person} for programme, person in people]
    return find_rows(tx, t.conversation, keys, _TALK, lock=True)


def _delete_by(tx: Connection, table: Table, by: str, keys: Sequence[_Key]) -> None:
    delete_rows(tx, table, [{"programme_id": programme, by: id} for programme, id in keys])


def _blank_by(tx: Connection, table: Table, keys: Sequence[_Key], keeping: t.Keeping, now: int) -> None:
    """Empties rows whose keys must stay; from now on they only wait to be retired."""
    by = str(keeping.by)
    empty = {**dict.fromkeys(keeping.blanks), str(keeping.since): now}
    rows = [{"programme_id": programme, by: id, **empty} for programme, id in keys]
    update_rows(tx, table, rows, match=("programme_id", by))


def _leave(tx: Connection, businesses: set[_Key]) -> None:
    """Deletes those businesses that have no member left, with their assessments."""
    if not businesses:
        return
    keys = [{"programme_id": programme, "business_id": id} for programme, id in sorted(businesses)]
    members = find_rows(tx, t.membership, keys, ("programme_id", "business_id"))
    lonely = sorted(businesses - {(row["programme_id"], row["business_id"]) for row in members})
    for table in reversed(t.metadata.sorted_tables):
        keeping = t.keeping_of(table)
        if keeping.erased == "with_business" and keeping.by:
            _delete_by(tx, table, keeping.by, lonely)


def _by_id(tx: Connection, table: Table, ids: Iterable[_Key]) -> dict[_Key, dict[str, Any]]:
    keys = [{"programme_id": programme, "id": id} for programme, id in sorted(set(ids))]
    found = find_rows(tx, table, keys, tuple(column.name for column in table.c))
    return {(row["programme_id"], row["id"]): row for row in found}


def _waiting(tx: Connection, talks: Mapping[_Key, int]) -> list[dict[str, Any]]:
    """Whole inbox rows that came after the one that was worked on last."""
    keys = [{"programme_id": programme, "conversation_id": conversation} for programme, conversation in talks]
    found = find_rows(tx, t.inbox, keys, tuple(column.name for column in t.inbox.c))
    return [row for row in found if row["seq"] > talks[row["programme_id"], row["conversation_id"]]]


def _paces(tx: Connection, talks: Iterable[_Key]) -> list[tuple[_Key, dict[str, Any]]]:
    """How fast these conversations were served: the platform counts on, as the address stays the same."""
    names = ("programme_id", "conversation_id")
    found = find_rows(
        tx,
        t.pace,
        [dict(zip(names, talk, strict=True)) for talk in talks],
        tuple(column.name for column in t.pace.c),
    )
    return [((row["programme_id"], row["conversation_id"]), row) for row in found]


def _move(tx: Connection, waiting: Sequence[Mapping[str, Any]], homes: Mapping[_Key, Home]) -> None:
    """Puts inbox rows into the new conversations."""
    names = ("programme_id", "conversation_id", "seq")
    delete_rows(tx, t.inbox, [{name: row[name] for name in names} for row in waiting])
    moved = [
        {**row, "conversation_id": homes[row["programme_id"], row["conversation_id"]].conversation}
        for row in waiting
    ]
    insert_rows(tx, t.inbox, moved)


def _erase_quiet(tx: Connection, quiet: Select[Any], before: int, now: int) -> bool:
    """Erases those who are still quiet once nobody else can write for them. Whether there may be more."""
    found = [(programme, person) for programme, person in tx.execute(quiet.limit(_PEOPLE_AT_ONCE))]
    if not found:
        return False
    awake = {
        (row["programme_id"], row["person_id"])
        for row in conversations_of(tx, sorted(set(found)))
        if row["last_inbound"] >= before
    }
    erase(tx, set(found) - awake, now=now)
    return len(found) == _PEOPLE_AT_ONCE


def _unkept(before: int) -> Select[Any]:
    """Persons who never agreed that anything of theirs is kept, and whose talks are over."""
    talk = t.conversation.c
    return _quiet(before).where(~talk.kept, ~_has_business())


def _silent(before: int) -> Select[Any]:
    return _quiet(before)


def _quiet(before: int) -> Select[Any]:
    """Persons of whom no conversation has heard since then."""
    talk, other = t.conversation.c, t.conversation.alias("other").c
    awake = exists().where(
        other.programme_id == talk.programme_id,
        other.person_id == talk.person_id,
        other.last_inbound >= before,
    )
    return (
        select(talk.programme_id, talk.person_id)
        .where(talk.last_inbound < before, ~awake)
        .order_by(talk.last_inbound)
    )


def _has_business() -> ColumnElement[bool]:
    talk, membership = t.conversation.c, t.membership.c
    return exists().where(
        membership.programme_id == talk.programme_id, membership.person_id == talk.person_id
    )


def _silent_elsewhere(before: int) -> Select[Any]:
    """Persons whom another party reports, without any event since then."""
    person, event = t.person.c, t.event.c
    heard_of = exists().where(
        event.programme_id == person.programme_id,
        event.person_id == person.id,
        event.occurred_at >= before,
    )
    return select(person.programme_id, person.id).where(person.reported, ~heard_of)


def _forget_unkept(tx: Connection, before: int) -> bool:
    """What a person with kept businesses did not agree to keep goes from inside her conversations.

    Afterwards such a conversation takes up again what she speaks for elsewhere.
    """
    talk = t.conversation.c
    over = (
        select(*(talk[name] for name in _TALK))
        .where(~talk.kept, talk.last_inbound < before, talk.ready_at.is_(None), _has_business())
        .order_by(talk.last_inbound)
        .limit(_AT_ONCE)
        .with_for_update(of=t.conversation, skip_locked=True)
    )
    found = tx.execute(over).mappings().all()
    rows = [{**rewritten(row, shared.blanked(from_json(row["state"]))), "kept": True} for row in found]
    update_rows(tx, t.conversation, rows, match=("programme_id", "id"))
    return len(found) == _AT_ONCE


def _oldest(table: Table, since: str, before: int, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Names the oldest rows that are due, so many as one round takes."""
    keys = [table.c[column.name] for column in table.primary_key]
    oldest = (
        select(*keys).where(table.c[since] < before, *conditions).order_by(table.c[since]).limit(_AT_ONCE)
    )
    return tuple_(*keys).in_(oldest)


def _blank_older(tx: Connection, table: Table, since: str, before: int) -> bool:
    blanks = t.keeping_of(table).blanks
    full = [table.c[name].is_not(None) for name in blanks]
    due = _oldest(table, since, before, *full)
    return tx.execute(update(table).where(due).values(dict.fromkeys(blanks, null()))).rowcount == _AT_ONCE


def _delete_older(tx: Connection, table: Table, since: str, before: int) -> bool:
    if table is t.event:
        return _retire_events(tx, before)
    # What is to be blanked was blanked long before; an index holds only those rows that were.
    bare = [table.c[name].is_(None) for name in t.keeping_of(table).blanks]
    return tx.execute(delete(table).where(_oldest(table, since, before, *bare))).rowcount == _AT_ONCE


def _retire_events(tx: Connection, before: int) -> bool:
    """Events go with what follows from them: the rows of their persons are made anew."""
    columns = t.event.c
    due = (
        select(columns.programme_id, columns.id, columns.person_id)
        .where(columns.occurred_at < before)
        .order_by(columns.occurred_at)
        .limit(_AT_ONCE)
    )
    old = tx.execute(due).mappings().all()
    if not old:
        return False
    people = sorted({(row["programme_id"], row["person_id"]) for row in old if row["person_id"]})
    shared.hold(tx, people)  # another worker may be at the same rows: what it took it has subtracted
    keys = [{"programme_id": row["programme_id"], "id": row["id"]} for row in old]
    read_models.subtract(tx, delete_returning(tx, t.event, keys, _EVENT))
    rebuild(tx, people)
    return len(old) == _AT_ONCE
