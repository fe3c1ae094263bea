"""What came in: kept before it is acknowledged, claimed by one worker at a time.

Every inbound of a conversation has a number `seq`; they are worked on in that order.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Connection,
    Executable,
    FromClause,
    Text,
    and_,
    bindparam,
    func,
    select,
    update,
)

from flows.state import State, from_json
from flows.values import Inbound
from store import bells, jumps, settling
from store import tables as t
from store.bulk import (
    Change,
    at_most,
    change_with_rows,
    delete_rows,
    find_rows,
    for_each_row,
    incoming,
    insert_rows,
    insert_unless_there,
    json_text,
    packed,
    pick,
    run,
    run_with_rows,
    types_of,
)
from store.clock import DAY, SECOND, database_now
from store.codec import inbound_from_json, inbound_to_json
from store.engine import vault_of
from store.errors import TryAgainError
from store.identities import Introduction, introduce, take_over
from store.ids import new_id
from store.shared import structures_of

log = logging.getLogger(__name__)

LEASE_SECONDS = 30
# So many inbounds of one conversation are handed out at once; the rest waits for the next claim.
ROWS_AT_ONCE = 50
# Both platforms let us write freely this long after a message of hers.
WINDOW = DAY


@dataclass(frozen=True, slots=True)
class Address:
    """Where a person is found on a channel: its kind is the channel's name."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """One inbound on its way into the inbox.

    It comes from an address (a person wrote) or goes to a conversation that is known
    (a timer, the result of a call, a command). `received_at` is in microseconds UTC.
    aliases: other addresses of the same person; she is found by any of them, and missing ones are
    added. moved_from: the address that `address` takes the place of.
    """

    programme: str
    account: str
    inbound: Inbound
    received_at: int
    address: Address | None = None
    conversation: str | None = None
    is_test: bool = False
    aliases: tuple[Address, ...] = ()
    moved_from: Address | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """Where an arrival lies now.

    conversation: None if the conversation it was for does not exist any more.
    new: False if this key was there before; then `seq` is of the row that was there.
    same: whether the row that was there says the same.
    """

    conversation: str | None
    seq: int
    new: bool
    same: bool = True


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One inbound that waits. `attempts` counts earlier tries that failed."""

    seq: int
    inbound: Inbound
    received_at: int
    attempts: int


@dataclass(frozen=True, slots=True)
class Claimed:
    """A conversation one worker may work on until its lease ends, with all that a turn needs.

    fence: a number that only the holder knows; `finish_turns` writes nothing without it.
    state: with the person's current business and assessment in it.
    rows: what waits, in order.
    readable: False if what the row holds as its state is none; then `state` is empty, and nobody may
    write it.
    """

    programme: str
    account: str
    channel: str
    pulls: bool
    zone: str
    conversation: str
    person: str
    is_test: bool
    fence: int
    state: State
    rows: tuple[InboxRow, ...]
    readable: bool = True


def accept(tx: Connection, arrivals: Sequence[Arrival]) -> list[Accepted]:
    """Puts all arrivals into the inbox; those whose key is there already change nothing.

    Somebody who writes for the first time becomes a person with a conversation here. The time of a
    conversation never goes back, whatever the clocks of two processes say. A message of somebody
    for whom replies wait, or of whom nobody knows whether they arrived, settles that.
    Raises ValueError for an inbound without a seed: its turn could not make ids.
    """
    if any(not arrival.inbound.seed for arrival in arrivals):
        raise ValueError("An inbound needs a seed; its door makes one.")
    marked = [_Marked.of(tx, arrival) for arrival in arrivals]
    # Known keys first: a late delivery for somebody who was erased must not make her a person again.
    known = _known_keys(tx, marked)
    homes, last, unsettled = _homes(tx, [mark for mark in marked if mark.unique not in known])
    new: list[_New] = []
    answers: list[Accepted] = []
    for mark in marked:
        if earlier := known.get(mark.unique):
            same = earlier["digest"] == mark.digest
            answers.append(Accepted(earlier["conversation_id"], earlier["seq"], new=False, same=same))
            continue
        home = homes[mark.unique]
        if home not in last:
            answers.append(Accepted(None, 0, new=False))
            continue
        last[home] = seq, at = mark.after(*last[home])
        row = mark.row(home[1], seq, at)
        known[mark.unique] = row
        new.append(_New(mark.arrival, home, row))
        answers.append(Accepted(home[1], seq, new=True))
    _insert(tx, new)
    if unsettled:
        wrote = {one.home for one in new if one.arrival.inbound.kind in _HER_DOING}
        settling.settle(tx, wrote & unsettled)
    return answers


def claim(
    tx: Connection,
    worker: str,
    limit: int = 256,
    *,
    only: Iterable[tuple[str, str]] = (),
    lease_seconds: float = LEASE_SECONDS,
) -> list[Claimed]:
    """Takes up to `limit` conversations in which something waits and that nobody else serves.

    only: (programme, conversation) pairs, for whoever wants to run just these; none given means all.
    """
    jumps.notice_now_and_then(tx)
    values: dict[str, Any] = {"worker": worker, "most": limit, "lease": int(lease_seconds * SECOND)}
    wanted = [{"programme_id": programme, "id": conversation} for programme, conversation in only]
    if wanted:
        values["rows"] = packed(wanted)
    taken = run(tx, _claiming(tx.dialect.name, bool(wanted)), values)
    if not taken:
        return []
    waiting: dict[tuple[str, str], list[InboxRow]] = {}
    for row in run_with_rows(tx, _waiting(tx.dialect.name), taken):
        waiting.setdefault((row["programme_id"], row["conversation_id"]), []).append(_inbox_row(row))
    return [
        _claimed(row, waiting.get((row["programme_id"], row["id"]), []))
        for row in run_with_rows(tx, _states(tx.dialect.name), taken, joins=True)
    ]


def standing(tx: Connection, talks: Iterable[tuple[str, str]]) -> list[Claimed]:
    """These conversations as a turn would find them, for whoever only looks: nothing is claimed, `rows` is empty."""
    keys = [{"programme_id": programme, "id": talk, "done_seq": 0} for programme, talk in talks]
    if not keys:
        return []
    return [_claimed(row, []) for row in run_with_rows(tx, _states(tx.dialect.name), keys, joins=True)]


class _Marked(NamedTuple):
    """An arrival with the keyed hashes it is found by.

    unique: what tells it from all others. home: what its conversation is found by.
    """

    arrival: Arrival
    unique: _Unique
    home: _Address
    digest: str
    body: dict[str, Any]

    @classmethod
    def of(cls, tx: Connection, arrival: Arrival) -> _Marked:
        vault, programme, account = vault_of(tx), arrival.programme, arrival.account
        body = inbound_to_json(arrival.inbound)
        # The seed is chance, made anew with each delivery.
        said = json_text({name: value for name, value in body.items() if name != "seed"}) or ""
        kind = lookup = ""
        if address := arrival.address:
            kind, lookup = address.kind, vault.mark(programme, "address", address.kind, address.value)
        return cls(
            arrival,
            (programme, account, vault.mark(programme, "key", account, arrival.inbound.key)),
            (programme, account, kind, lookup),
            vault.mark(programme, "body", arrival.inbound.kind, said),
            body,
        )

    def after(self, seq: int, at: int) -> tuple[int, int]:
        """Number and time of this arrival, behind those of the newest row of its conversation."""
        return seq + 1, max(at, self.arrival.received_at)

    def row(self, conversation: str, seq: int, at: int) -> dict[str, Any]:
        arrival = self.arrival
        return {
            "programme_id": arrival.programme,
            "conversation_id": conversation,
            "seq": seq,
            "account_id": arrival.account,
            "key": self.unique[2],
            "digest": self.digest,
            "kind": arrival.inbound.kind,
            "body": self.body,
            "attempts": 0,
            "received_at": at,
        }


# What only a person does; the rest comes from time and from our own work.
_HER_DOING = ("message", "start")

_Home = tuple[str, str]  # programme, conversation
_Address = tuple[str, str, str, str]  # programme, account, kind and hash of the address
_Unique = tuple[str, str, str]  # programme, account, hash of the key


class _New(NamedTuple):
    """An arrival that was not there before, where it goes, and its row."""

    arrival: Arrival
    home: _Home
    row: dict[str, Any]


def _homes(
    tx: Connection, marked: Sequence[_Marked]
) -> tuple[dict[_Unique, _Home], dict[_Home, tuple[int, int]], set[_Home]]:
    """The conversation of each arrival; of those that exist number and time of the latest that came in.

    Strangers get a conversation here. All that exist are locked. The third part: those in which a
    message of hers has something to settle.
    """
    moved = _introduce(tx, [mark for mark in marked if mark.arrival.aliases or mark.arrival.moved_from])
    people = {moved.get(mark.home, mark.home): mark.arrival for mark in marked if mark.arrival.address}
    found = _find_homes(tx, people)
    if missing := {home: arrival for home, arrival in people.items() if home not in found}:
        _welcome(tx, missing)
        found |= _find_homes(tx, missing)
        if missing.keys() - found.keys():  # she was erased a moment ago; the next look makes her new
            raise TryAgainError("The conversation was erased while a message came in.")
    homes = {
        mark.unique: found[moved.get(mark.home, mark.home)].home
        if mark.arrival.address
        else (mark.arrival.programme, mark.arrival.conversation or "")
        for mark in marked
    }
    last = {one.home: (one.last_seq, one.last_inbound) for one in found.values()}
    if others := homes.values() - last.keys():
        last |= _latest(tx, others)
    return homes, last, {one.home for one in found.values() if one.unsettled}


def _introduce(tx: Connection, marked: Sequence[_Marked]) -> dict[_Address, _Address]:
    """Makes known who comes with several addresses, or with a new one: old address -> new one."""
    introductions = []
    for mark in marked:
        arrival = mark.arrival
        if arrival.address is None:
            continue
        addresses = [(one.kind, one.value) for one in (arrival.address, *arrival.aliases)]
        old = (arrival.moved_from.kind, arrival.moved_from.value) if arrival.moved_from else None
        introductions.append(
            Introduction(arrival.programme, addresses, old, arrival.received_at, arrival.is_test)
        )
    moved = introduce(tx, introductions) if introductions else {}
    accounts = {(mark.arrival.programme, mark.arrival.account) for mark in marked}
    return {
        (programme, account, kind, lookup): (programme, account, *moved[programme, kind, lookup][1:])
        for programme, kind, lookup in moved
        for of, account in accounts
        if of == programme
    }


def _latest(tx: Connection, homes: Iterable[_Home]) -> dict[_Home, tuple[int, int]]:
    """Locks the conversations that exist; number and time of the latest that came into each."""
    keys = [{"programme_id": programme, "id": conversation} for programme, conversation in sorted(homes)]
    names = ("programme_id", "id", "last_seq", "last_inbound")
    found = find_rows(tx, t.conversation, keys, names, lock=True)
    return {(row["programme_id"], row["id"]): (row["last_seq"], row["last_inbound"]) for row in found}


class _Found(NamedTuple):
    """A conversation of an address, with number and time of the latest inbound."""

    home: _Home
    last_seq: int
    last_inbound: int
    unsettled: bool


def _find_homes(tx: Connection, people: Mapping[_Address, Arrival]) -> dict[Any, _Found]:
    """The conversations of addresses, locked in one order."""
    names = ("programme_id", "account_id", "kind", "lookup")
    rows = [dict(zip(names, home, strict=True)) for home in people]
    if not rows:
        return {}
    found = run_with_rows(tx, _finding_homes(tx.dialect.name), rows, joins=True)
    address = itemgetter(*names)
    return {
        address(row): _Found(
            (row["programme_id"], row["conversation_id"]),
            row["last_seq"],
            row["last_inbound"],
            row["unsettled"],
        )
        for row in found
    }


@lru_cache(maxsize=2)
def _finding_homes(dialect: str) -> Executable:
    rows = incoming(dialect, dict.fromkeys(("programme_id", "account_id", "kind", "lookup"), Text()))
    same_address = and_(
        t.identity.c.programme_id == rows.c.programme_id,
        t.identity.c.kind == rows.c.kind,
        t.identity.c.lookup == rows.c.lookup,
    )
    same_talk = and_(
        t.conversation.c.programme_id == rows.c.programme_id,
        t.conversation.c.account_id == rows.c.account_id,
        t.conversation.c.identity_id == t.identity.c.id,
    )
    return (
        select(
            rows.c.programme_id,
            rows.c.account_id,
            rows.c.kind,
            rows.c.lookup,
            t.conversation.c.id.label("conversation_id"),
            t.conversation.c.last_seq,
            t.conversation.c.last_inbound,
            t.conversation.c.unsettled,
        )
        .select_from(rows.join(t.identity, same_address).join(t.conversation, same_talk))
        .order_by(t.conversation.c.programme_id, t.conversation.c.id)
        .with_for_update(of=t.conversation)
    )


def _welcome(tx: Connection, missing: Mapping[_Address, Arrival]) -> None:
    """Makes identity, person and conversation for addresses that wrote for the first time here.

    Another process may do the same at this moment: whoever inserts the identity first makes the
    person, and both find the same conversation afterwards.
    """
    vault = vault_of(tx)
    identities = {}
    for (programme, _, kind, lookup), arrival in missing.items():
        assert arrival.address
        identities[programme, kind, lookup] = {
            "programme_id": programme,
            "id": new_id(),
            "kind": kind,
            "lookup": lookup,
            "sealed": vault.seal(programme, kind, arrival.address.value),
            "person_id": new_id(),
            "created_at": arrival.received_at,
        }
    by_address = ("programme_id", "kind", "lookup")
    in_order = sorted(identities.values(), key=lambda row: tuple(row[name] for name in by_address))
    mine = insert_rows(
        tx, t.identity, in_order, on_conflict="nothing", returning=("programme_id", "person_id", "created_at")
    )
    tests = {
        identities[programme, kind, lookup]["person_id"]
        for (programme, _, kind, lookup), arrival in missing.items()
        if arrival.is_test
    }
    insert_rows(
        tx,
        t.person,
        [
            {
                "programme_id": row["programme_id"],
                "id": row["person_id"],
                "is_test": row["person_id"] in tests,
                "reported": False,
                "created_at": row["created_at"],
            }
            for row in mine
        ],
    )
    keys = [{name: row[name] for name in by_address} for row in in_order]
    there = {
        (row["programme_id"], row["kind"], row["lookup"]): row
        for row in find_rows(tx, t.identity, keys, (*by_address, "id", "person_id"))
    }
    if len(mine) < len(identities):  # somebody we know, under another address of hers or on another account
        take_over(tx, [(account, there[of, kind, lookup]) for of, account, kind, lookup in missing])
    insert_rows(
        tx,
        t.conversation,
        [
            new_conversation(
                programme,
                account,
                there[programme, kind, lookup]["person_id"],
                there[programme, kind, lookup]["id"],
                arrival.received_at,
            )
            for (programme, account, kind, lookup), arrival in missing.items()
        ],
        on_conflict="nothing",
    )


def new_conversation(programme: str, account: str, person: str, identity: str, now: int) -> dict[str, Any]:
    """The row of a conversation in which nothing has happened yet."""
    return {
        "programme_id": programme,
        "id": new_id(),
        "account_id": account,
        "person_id": person,
        "identity_id": identity,
        "state": {},
        "kept": False,
        "version": 0,
        "fence": 0,
        "last_seq": 0,
        "done_seq": 0,
        "last_place": 0,
        "last_inbound": now,
        "unsettled": False,
        "created_at": now,
    }


def _known_keys(tx: Connection, marked: Sequence[_Marked]) -> dict[_Unique, dict[str, Any]]:
    names = ("programme_id", "account_id", "key")
    keys = [dict(zip(names, unique, strict=True)) for unique in dict.fromkeys(mark.unique for mark in marked)]
    found = find_rows(tx, t.inbox, keys, (*names, "conversation_id", "seq", "digest"))
    return {(row["programme_id"], row["account_id"], row["key"]): row for row in found}


def _insert(tx: Connection, new: Sequence[_New]) -> None:
    if not new:
        return
    talks: dict[_Home, dict[str, Any]] = {}
    results = []
    for one in new:
        talk = talks.setdefault(one.home, _untouched(one.home))
        _touch(talk, one)
        inbound = one.arrival.inbound
        if inbound.kind == "result" and "id" in inbound.data:
            programme, conversation = one.home
            results.append(
                {"programme_id": programme, "conversation_id": conversation, "id": inbound.data["id"]}
            )
    change_with_rows(tx, _touching(tx.dialect.name), [talks[home] for home in sorted(talks)])
    kept = insert_unless_there(tx, t.inbox, [one.row for one in new])
    if kept < len(new):  # the same key came in through another process at this moment
        raise TryAgainError("Another process accepted the same inbound.")
    delete_rows(tx, t.call, results)
    bells.strike(tx)


def _untouched(home: _Home) -> dict[str, Any]:
    return {
        "programme_id": home[0],
        "id": home[1],
        "last_seq": 0,
        "last_inbound": 0,
        "window_until": None,
    }


def _touch(talk: dict[str, Any], new: _New) -> None:
    """What an arrival changes in its conversation. Only a person's own doing counts as a sign of life."""
    kind, at = new.arrival.inbound.kind, new.row["received_at"]
    talk["last_seq"] = max(talk["last_seq"], new.row["seq"])
    if kind in _HER_DOING:
        talk["last_inbound"] = max(talk["last_inbound"], at)
    if kind == "message":
        talk["window_until"] = max(talk["window_until"] or 0, at + WINDOW)


@lru_cache(maxsize=2)
def _touching(dialect: str) -> Change:
    columns = t.conversation.c
    types = types_of(t.conversation, ("programme_id", "id", "last_seq", "last_inbound", "window_until"))
    return for_each_row(
        dialect,
        types,
        lambda row: (
            update(t.conversation)
            .where(columns.programme_id == row["programme_id"], columns.id == row["id"])
            .values(
                last_seq=row["last_seq"],
                ready_at=func.coalesce(columns.ready_at, database_now()),
                last_inbound=pick(dialect, "greatest", columns.last_inbound, row["last_inbound"]),
                window_until=pick(dialect, "greatest", columns.window_until, row["window_until"]),
            )
        ),
    )


@lru_cache(maxsize=4)
def _claiming(dialect: str, only: bool) -> Executable:
    columns = t.conversation.c
    picked = select(columns.programme_id, columns.id).where(columns.ready_at <= database_now())
    if only:
        rows = incoming(dialect, {"programme_id": Text(), "id": Text()})
        picked = picked.where(columns.programme_id == rows.c.programme_id, columns.id == rows.c.id)
    mine = (
        picked.order_by(columns.ready_at)
        .limit(at_most("most"))
        .with_for_update(skip_locked=True, of=t.conversation)
        .cte("mine")
    )
    return (
        update(t.conversation)
        .where(columns.programme_id == mine.c.programme_id, columns.id == mine.c.id)
        .values(
            worker=bindparam("worker"),
            fence=columns.fence + 1,
            ready_at=database_now() + bindparam("lease", type_=BigInteger),
        )
        .returning(columns.programme_id, columns.id, columns.done_seq)
    )


def _keys_and_done(dialect: str) -> FromClause:
    return incoming(dialect, {"programme_id": Text(), "id": Text(), "done_seq": BigInteger()})


@lru_cache(maxsize=2)
def _waiting(dialect: str) -> Executable:
    rows = _keys_and_done(dialect)
    columns = t.inbox.c
    here = and_(
        columns.programme_id == rows.c.programme_id,
        columns.conversation_id == rows.c.id,
        columns.seq > rows.c.done_seq,
        columns.seq <= rows.c.done_seq + ROWS_AT_ONCE,
    )
    wanted = ("programme_id", "conversation_id", "seq", "key", "kind", "body", "received_at", "attempts")
    return (
        select(*(columns[name] for name in wanted))
        .select_from(rows.join(t.inbox, here))
        .order_by(columns.programme_id, columns.conversation_id, columns.seq)
    )


@lru_cache(maxsize=2)
def _states(dialect: str) -> Executable:
    """Conversations with their account and with the current business and assessment of the person."""
    rows = _keys_and_done(dialect)
    talk, account, programme = t.conversation.c, t.account.c, t.programme.c
    membership, business, assessment = t.membership.c, t.business.c, t.assessment.c
    source = (
        rows.join(t.conversation, and_(talk.programme_id == rows.c.programme_id, talk.id == rows.c.id))
        .join(t.account, and_(account.programme_id == talk.programme_id, account.id == talk.account_id))
        .join(t.programme, programme.id == talk.programme_id)
        .join(t.person, and_(t.person.c.programme_id == talk.programme_id, t.person.c.id == talk.person_id))
        .outerjoin(
            t.membership,
            and_(
                membership.programme_id == talk.programme_id,
                membership.person_id == talk.person_id,
                membership.current,
            ),
        )
        .outerjoin(
            t.business,
            and_(business.programme_id == membership.programme_id, business.id == membership.business_id),
        )
        .outerjoin(
            t.assessment,
            and_(assessment.programme_id == business.programme_id, assessment.id == business.assessment_id),
        )
    )
    return (
        select(
            talk.programme_id,
            talk.id,
            talk.account_id,
            talk.person_id,
            talk.fence,
            talk.state,
            account.channel,
            account.pulls,
            programme.zone,
            t.person.c.is_test,
            membership.role,
            business.id.label("business_id"),
            *(business[name] for name in _BUSINESS),
            business.version.label("business_version"),
            assessment.id.label("assessment_id"),
            *(assessment[name] for name in _ASSESSMENT),
            assessment.version.label("assessment_version"),
        )
        .select_from(source)
        .order_by(talk.ready_at, talk.programme_id, talk.id)
    )


_BUSINESS = ("profile", "standing", "consent", "registered")
_ASSESSMENT = ("mode", "instrument", "answers", "result", "started", "completed", "cycle")


def _inbox_row(row: Mapping[str, Any]) -> InboxRow:
    inbound = inbound_from_json(row["key"], row["kind"], row["body"])
    return InboxRow(row["seq"], inbound, row["received_at"], row["attempts"])


def _claimed(row: Mapping[str, Any], waiting: list[InboxRow]) -> Claimed:
    state = _read(row)
    return Claimed(
        programme=row["programme_id"],
        account=row["account_id"],
        channel=row["channel"],
        pulls=row["pulls"],
        zone=row["zone"],
        conversation=row["id"],
        person=row["person_id"],
        is_test=row["is_test"],
        fence=row["fence"],
        state=State() if state is None else state,
        rows=tuple(waiting),
        readable=state is not None,
    )


def _read(row: Mapping[str, Any]) -> State | None:
    """The state of a conversation; None if it cannot be read: one of them must not hold up all the others."""
    try:
        state = from_json({**_parts(row), **row["state"]})
        structures_of(state)  # what cannot be written back was not written by us
        return state
    except Exception:
        log.exception("The state of a conversation cannot be read: %s/%s", row["programme_id"], row["id"])
        return None


def _parts(row: Mapping[str, Any]) -> dict[str, Any]:
    """What the person speaks for, for a conversation that has nothing of its own to speak of."""
    parts: dict[str, Any] = {}
    if row["business_id"] is not None:
        parts["business"] = {
            "id": row["business_id"],
            "role": row["role"],
            **{name: row[name] for name in _BUSINESS},
            "version": row["business_version"],
        }
    if row["assessment_id"] is not None:
        parts["assessment"] = {
            "id": row["assessment_id"],
            **{name: row[name] for name in _ASSESSMENT},
            "version": row["assessment_version"],
        }
    return parts
