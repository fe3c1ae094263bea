"""Erasing a person, and letting go of what is old. Both follow from the declarations in store/tables/.

On SQLite deleted bytes are overwritten and the write-ahead log is emptied after the commit; on
PostgreSQL the rows are gone and the next VACUUM frees their bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Table,
    and_,
    case,
    delete,
    exists,
    func,
    null,
    select,
    update,
)

from store import read_models
from store import tables as t
from store.bulk import delete_rows, find_rows, insert_rows, update_rows, upsert_rows
from store.clock import DAY
from store.engine import scrub_after_commit, vault_of
from store.ids import new_id
from store.inbox import new_conversation

# How long a talk without consent is kept after its last message, and how long a silent person is.
UNKEPT = DAY
SILENT = 365 * DAY
_AT_ONCE = 500

Person = tuple[str, str]  # programme, id
_Key = tuple[str, str]


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
    keys = [{"programme_id": programme, "id": person} for programme, person in wanted]
    there = [
        (row["programme_id"], row["id"]) for row in find_rows(tx, t.person, keys, ("programme_id", "id"))
    ]
    if not there:
        return 0
    forget(tx, there)
    talks = _conversations_of(tx, there)
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
    keys = [{"programme_id": programme, "person_id": person} for programme, person in sorted(set(people))]
    read_models.subtract(tx, find_rows(tx, t.event, keys, tuple(c.name for c in t.event.c)))
    for table in (t.event, t.person_fact, t.person_day):
        delete_rows(tx, table, keys)
    businesses = find_rows(tx, t.membership, keys, ("programme_id", "business_id"))
    delete_rows(tx, t.membership, keys)
    _leave(tx, {(row["programme_id"], row["business_id"]) for row in businesses})
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


def retire(tx: Connection, *, now: int) -> None:
    """Lets go of what is older than its table's declaration, and of persons who went silent.

    It works on at most 500 persons at once; whoever calls it every hour keeps up.
    """
    erase(tx, _unkept(tx, now - UNKEPT), now=now)
    erase(tx, _silent(tx, now - SILENT), now=now)
    erase(tx, _silent_elsewhere(tx, now - SILENT), now=now)
    for table in t.metadata.sorted_tables:
        keeping = t.keeping_of(table)
        if keeping.since and keeping.blank_days is not None:
            _blank_older(tx, table, keeping.since, now - keeping.blank_days * DAY, keeping.blanks)
        if keeping.since and keeping.days is not None:
            _delete_older(tx, table, keeping.since, now - keeping.days * DAY)
    scrub_after_commit(tx)


def _conversations_of(tx: Connection, people: Sequence[Person]) -> list[_Key]:
    keys = [{"programme_id": programme, "person_id": person} for programme, person in people]
    found = find_rows(tx, t.conversation, keys, ("programme_id", "id"), lock=True)
    return [(row["programme_id"], row["id"]) for row in found]


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


def _by_id(tx: Connection, table: Table, ids: Iterable[_Key]) -> dict[_Key, RowMapping]:
    keys = [{"programme_id": programme, "id": id} for programme, id in sorted(set(ids))]
    found = find_rows(tx, table, keys, tuple(column.name for column in table.c))
    return {(row["programme_id"], row["id"]): row for row in found}


def _waiting(tx: Connection, talks: Mapping[_Key, int]) -> list[RowMapping]:
    """Whole inbox rows that came after the one that was worked on last."""
    keys = [{"programme_id": programme, "conversation_id": conversation} for programme, conversation in talks]
    found = find_rows(tx, t.inbox, keys, tuple(column.name for column in t.inbox.c))
    return [row for row in found if row["seq"] > talks[row["programme_id"], row["conversation_id"]]]


def _move(tx: Connection, waiting: Sequence[RowMapping], homes: Mapping[_Key, Home]) -> None:
    """Puts inbox rows into the new conversations."""
    names = ("programme_id", "conversation_id", "seq")
    delete_rows(tx, t.inbox, [{name: row[name] for name in names} for row in waiting])
    moved = [
        {**row, "conversation_id": homes[row["programme_id"], row["conversation_id"]].conversation}
        for row in waiting
    ]
    insert_rows(tx, t.inbox, moved)


def _unkept(tx: Connection, before: int) -> list[Person]:
    """Persons who never agreed that a talk of theirs is kept, and whose talks are over."""
    talk = t.conversation.c
    kept_talks = func.sum(case((talk.kept, 1), else_=0))
    return _people(tx, func.max(talk.last_inbound) < before, kept_talks == 0)


def _silent(tx: Connection, before: int) -> list[Person]:
    return _people(tx, func.max(t.conversation.c.last_inbound) < before)


def _silent_elsewhere(tx: Connection, before: int) -> list[Person]:
    """Persons whom another party reports and who never talked with us, without any event since then."""
    person, talk, event = t.person.c, t.conversation.c, t.event.c
    talked = exists().where(talk.programme_id == person.programme_id, talk.person_id == person.id)
    heard_of = exists().where(
        event.programme_id == person.programme_id,
        event.person_id == person.id,
        event.occurred_at >= before,
    )
    found = select(person.programme_id, person.id).where(~talked, ~heard_of).limit(_AT_ONCE)
    return [(programme, id) for programme, id in tx.execute(found)]


def _people(tx: Connection, *conditions: ColumnElement[bool]) -> list[Person]:
    talk = t.conversation.c
    found = (
        select(talk.programme_id, talk.person_id)
        .group_by(talk.programme_id, talk.person_id)
        .having(and_(*conditions))
        .limit(_AT_ONCE)
    )
    return [(programme, person) for programme, person in tx.execute(found)]


def _blank_older(tx: Connection, table: Table, since: str, before: int, blanks: Sequence[str]) -> None:
    full = [table.c[name].is_not(None) for name in blanks]
    tx.execute(update(table).where(table.c[since] < before, *full).values(dict.fromkeys(blanks, null())))


def _delete_older(tx: Connection, table: Table, since: str, before: int) -> None:
    if table is t.event:
        _retire_events(tx, before)
    else:
        tx.execute(delete(table).where(table.c[since] < before))


def _retire_events(tx: Connection, before: int) -> None:
    """Events go with what follows from them: the rows of their persons are made anew."""
    old = list(tx.execute(select(t.event).where(t.event.c.occurred_at < before)).mappings())
    if not old:
        return
    read_models.subtract(tx, old)
    tx.execute(delete(t.event).where(t.event.c.occurred_at < before))
    people = sorted({(row["programme_id"], row["person_id"]) for row in old if row["person_id"]})
    keys = [{"programme_id": programme, "person_id": person} for programme, person in people]
    for table in (t.person_fact, t.person_day):
        delete_rows(tx, table, keys)
    left = find_rows(tx, t.event, keys, tuple(c.name for c in t.event.c))
    read_models.apply(tx, left, tables=read_models.OF_PERSONS)
