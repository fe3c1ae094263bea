"""Writes what turns decided: one transaction for a whole batch of conversations.

A conversation is written whole or not at all: its state, what happened, what to say, what to wait
for, and that its inbox rows are done.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from sqlalchemy import BigInteger, Boolean, Connection, Executable, case, null, update

from flows.state import State
from flows.values import Reply, Turn
from store import bells, calls, campaigns, dead_letters, erasure, events, outbox, shared
from store import tables as t
from store.bulk import (
    Change,
    Columns,
    change_with_rows,
    find_rows,
    for_each_row,
    insert_rows,
    json_text,
    types_of,
    update_rows,
    upsert_rows,
)
from store.campaigns import Note
from store.clock import SECOND, database_now, now_of
from store.codec import inbound_to_json
from store.engine import shard_of
from store.ids import new_ordered_id
from store.inbox import Claimed, InboxRow
from store.timers import Wishes

# After so many failed tries an inbound is given up, so that the conversation can go on.
MOST_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Failure:
    """A turn that raised. `error` is for the operator, without words of the person.

    replies: the calm sentence that is sent if this was the last try.
    """

    row: InboxRow
    error: str
    replies: tuple[Reply, ...] = ()


@dataclass(frozen=True, slots=True)
class FinishedTurn:
    """What a worker did with a claimed conversation, in the order of the inbox.

    A turn that erases is the last one of its batch. now: microseconds UTC.
    """

    claimed: Claimed
    turns: tuple[tuple[InboxRow, Turn], ...]
    now: int
    pack_version: str | None = None
    failure: Failure | None = None

    @property
    def state(self) -> State:
        """How the conversation goes on; after a turn that was given up it is in the middle of nothing."""
        state = self.turns[-1][1].state if self.turns else self.claimed.state
        assert isinstance(state, State)
        return shared.out_of_flows(state) if self.gives_up else state

    @property
    def erases(self) -> bool:
        return bool(self.turns) and self.turns[-1][1].erase

    @property
    def gives_up(self) -> bool:
        return self.failure is not None and self.failure.row.attempts + 1 >= MOST_ATTEMPTS

    @property
    def given_up(self) -> dict[str, int]:
        """Kept businesses that she does not want to be kept any more -> place of the last turn that says so."""
        places: dict[str, int] = {}
        kept: set[str] = set()
        before = self.claimed.state
        for place, (_, turn) in enumerate(self.turns):
            if before.business and before.kept:
                kept.add(before.business.id)
            refused = {
                c.business for c in turn.consents if c.business and c.purpose == "guidance" and not c.given
            }
            business = turn.state.business
            if business and business.consent.get("guidance") is False:
                refused.add(business.id)
            if refused:
                places.update((id, place) for id in refused & kept)
            before = turn.state
        return places


@dataclass(frozen=True, slots=True)
class Finish:
    """What became of it.

    written: everything is durable. fenced: somebody else holds the conversation; nothing was
    written. lost: its business was changed by another channel; nothing was written, claim it again.
    conversation: where the replies are; another one if the person was erased.
    """

    outcome: Literal["written", "fenced", "lost"]
    conversation: str
    gave_up: bool = False


def size_of(finished: FinishedTurn) -> int:
    """About how many bytes these turns write; for the writer, which limits its batches."""
    state = finished.state
    answers = len(state.answers) + (len(state.assessment.answers) if state.assessment else 0)
    size = 1_500 + 60 * answers + 70 * sum(map(len, state.trail))
    for _, turn in finished.turns:
        size += 800 * (len(turn.events) + len(turn.calls) + len(turn.timers) + len(turn.consents))
        size += sum(400 + len(reply.text) + 80 * len(reply.choices) for reply in turn.replies)
    return size


def finish_turns(tx: Connection, finished: Sequence[FinishedTurn]) -> list[Finish]:
    """Writes all of them; one `Finish` for each, in the same order."""
    _refuse_turns_after_erasing(finished)
    mine = _held(tx, finished)
    talking = [held for held in mine.values() if not held.one.erases]
    shared.hold(tx, [held.person for held in talking if held.given_up or held.change.speaks_for_another])
    late = shared.losers(tx, [held.change for held in talking])
    in_time = [held for place, held in enumerate(talking) if place not in late]
    overtaken = _overtaken(in_time)
    written = [held for held in in_time if held.key not in overtaken]
    lost = {held.key for held in talking} - {held.key for held in written}

    clock = now_of(tx)
    batch = _Batch(clock)
    for held in written:
        batch.add(held.one, held.last_place, held.given_up)
    _withdraw(tx, [held for held in written if held.given_up])
    shared.write(tx, [held.change for held in written])
    batch.write(tx)
    _release(tx, lost)
    strangers = _erase(tx, [held.one for held in mine.values() if held.one.erases], clock)
    return [_finish(one, place in mine, lost, strangers) for place, one in enumerate(finished)]


_Key = tuple[str, str]


def _key(finished: FinishedTurn) -> _Key:
    return finished.claimed.programme, finished.claimed.conversation


class _Held(NamedTuple):
    """Finished turns whose conversation is still theirs, and what they want to change.

    last_place: of the newest line of the talk before them. given_up: as `FinishedTurn.given_up`.
    """

    one: FinishedTurn
    key: _Key
    last_place: int
    change: shared.Change
    given_up: Mapping[str, int]

    @classmethod
    def of(cls, one: FinishedTurn, key: _Key, last_place: int) -> _Held:
        claimed = one.claimed
        change = shared.Change.of(claimed.programme, claimed.person, claimed.state, one.state, one.now)
        return cls(one, key, last_place, change, one.given_up)

    @property
    def person(self) -> _Key:
        return self.one.claimed.programme, self.one.claimed.person


def _refuse_turns_after_erasing(finished: Sequence[FinishedTurn]) -> None:
    for one in finished:
        too_early = len(one.turns) > 1 and any(turn.erase for _, turn in one.turns[:-1])
        if too_early or (one.failure and one.erases):
            raise ValueError("A turn that erases must be the last one of its batch.")


def _held(tx: Connection, finished: Sequence[FinishedTurn]) -> dict[int, _Held]:
    """Those that still hold their conversation, which is now locked, by their place in the batch."""
    by_key = [(_key(one), one) for one in finished]
    keys = [
        {"programme_id": programme, "id": id} for programme, id in dict.fromkeys(key for key, _ in by_key)
    ]
    found = find_rows(tx, t.conversation, keys, ("programme_id", "id", "fence", "last_place"), lock=True)
    free = {(row["programme_id"], row["id"]): row for row in found}
    held: dict[int, _Held] = {}
    for place, (key, one) in enumerate(by_key):
        row = free.get(key)
        if row is not None and row["fence"] == one.claimed.fence:
            del free[key]  # the same work again comes too late
            held[place] = _Held.of(one, key, row["last_place"])
    return held


def _overtaken(held: Sequence[_Held]) -> set[_Key]:
    """Conversations of persons who gave up a business in another one: their turns knew it still."""
    people = {one.person for one in held if one.given_up}
    return {one.key for one in held if not one.given_up and one.person in people} if people else set()


def _finish(one: FinishedTurn, held: bool, lost: set[_Key], strangers: dict[_Key, str]) -> Finish:
    key = _key(one)
    if not held:
        return Finish("fenced", key[1])
    if key in lost:
        return Finish("lost", key[1])
    return Finish("written", strangers.get(key, key[1]), one.gives_up)


class _Batch:
    """The rows of all tables, collected conversation by conversation and written table by table."""

    def __init__(self, clock: int) -> None:
        self._clock = clock
        self._states: list[dict[str, Any]] = []
        self._done: list[dict[str, Any]] = []
        self._tried: list[dict[str, Any]] = []
        self._outbox: list[dict[str, Any]] = []
        self._consents: list[dict[str, Any]] = []
        self._events: list[dict[str, Any]] = []
        self._calls: list[dict[str, Any]] = []
        self._dead: list[dict[str, Any]] = []
        self._hurried: set[_Key] = set()  # conversations in which somebody is answered
        self._tallies: dict[tuple[str, str, str], int] = {}
        self._wishes = Wishes()
        self._reached: list[Note] = []

    def add(self, one: FinishedTurn, last_place: int, given_up: Mapping[str, int]) -> None:
        """given_up: as `FinishedTurn.given_up`; what happened before that turn is not written."""
        claimed, place = one.claimed, last_place
        programme, conversation = claimed.programme, claimed.conversation
        for n, (row, turn) in enumerate(one.turns):
            place = self._talk(one, row, turn.replies, place)
            self._consents += _consents(claimed, row, turn)
            if turn.events and n >= given_up.get(turn.state.business.id if turn.state.business else "", 0):
                self._events += _events(one, row, turn)
            self._calls += calls.rows_of(programme, conversation, turn.calls, self._clock)
            self._wishes.add(programme, conversation, turn, self._clock, claimed.zone)
            self._count(one, turn)
            self._reached += [
                Note(programme, claimed.person, conversation, reached, self._clock)
                for reached in turn.reached
            ]
        if one.failure:
            place = self._fail(one, one.failure, place)
        self._states.append(_state_row(one, place))

    def work_off(self, one: FinishedTurn) -> None:
        """Only marks the inbox rows as done; nothing else of a person who is being erased is written."""
        for row, _ in one.turns:
            self._done.append(_done_row(one, row, None))

    def add_stranger(self, one: FinishedTurn, conversation: str) -> None:
        """The replies, in a conversation that knows nothing but the language."""
        clean = State(language=one.state.language)
        claimed = replace(one.claimed, conversation=conversation, state=clean)
        last = one.turns[-1][0]
        stranger = replace(one, claimed=claimed, turns=((last, Turn(clean)),))
        place = 0
        for row, turn in one.turns:
            place = self._reply(stranger, row, turn.replies, place)
            self._count(stranger, turn)
        self._states.append(_state_row(stranger, place))

    def _talk(self, one: FinishedTurn, row: InboxRow, replies: tuple[Reply, ...], place: int) -> int:
        """Puts one inbox row and the replies to it into the talk; the last place taken."""
        said = row.inbound.kind == "message"
        place += said
        self._done.append(_done_row(one, row, place if said else None))
        return self._reply(one, row, replies, place)

    def _reply(self, one: FinishedTurn, row: InboxRow, replies: tuple[Reply, ...], place: int) -> int:
        claimed = one.claimed
        rows = outbox.rows_of(
            claimed.programme,
            claimed.conversation,
            row.seq,
            replies,
            place + 1,
            account=claimed.account,
            now=one.now,
            due=self._clock,
            pulls=claimed.pulls,
            unasked=row.inbound.kind == "timer",
        )
        self._outbox += rows
        if rows and row.inbound.kind != "timer" and not claimed.pulls:
            self._hurried.add((claimed.programme, claimed.conversation))
        return place + len(rows)

    def _fail(self, one: FinishedTurn, failure: Failure, place: int) -> int:
        row = replace(failure.row, attempts=failure.row.attempts + 1)
        if not one.gives_up:
            self._tried.append({**_inbox_key(one, row), "attempts": row.attempts})
            return place
        body = {"kind": row.inbound.kind, **inbound_to_json(row.inbound)}
        claimed = one.claimed
        self._dead.append(
            dead_letters.row(
                claimed.programme,
                claimed.conversation,
                "inbox",
                row.seq,
                body,
                failure.error,
                row.attempts,
                one.now,
            )
        )
        return self._talk(one, row, failure.replies, place)

    def _count(self, one: FinishedTurn, turn: Turn) -> None:
        for name in turn.counts:
            key = (one.claimed.programme, events.local_day(one.now, one.claimed.zone), name)
            self._tallies[key] = self._tallies.get(key, 0) + 1

    def write(self, tx: Connection) -> None:
        """One statement for each table, always in this order."""
        change_with_rows(tx, _writing_states(tx.dialect.name), sorted(self._states, key=_by_id))
        key = ("programme_id", "conversation_id", "seq")
        update_rows(tx, t.inbox, self._done, match=key)
        update_rows(tx, t.inbox, self._tried, match=key)
        insert_rows(tx, t.outbox, self._outbox)
        outbox.hurry(tx, self._hurried)
        insert_rows(tx, t.call, self._calls, on_conflict="nothing")
        self._wishes.write(tx, self._clock)
        campaigns.note(tx, self._reached)
        insert_rows(tx, t.consent, self._consents)
        events.append(tx, self._events)
        count(tx, self._tallies)
        dead_letters.add(tx, self._dead)
        if self._done:
            bells.strike(tx)


def count(tx: Connection, tallies: dict[tuple[str, str, str], int]) -> None:
    """Adds to counts that know no person: (programme, local day, name) -> how many."""
    rows = [
        {"programme_id": programme, "local_day": day, "name": name, "shard": shard_of(tx), "n": n}
        for (programme, day, name), n in tallies.items()
    ]
    upsert_rows(tx, t.tally, rows, {"n": "add"})


def _inbox_key(one: FinishedTurn, row: InboxRow) -> dict[str, Any]:
    claimed = one.claimed
    return {"programme_id": claimed.programme, "conversation_id": claimed.conversation, "seq": row.seq}


def _done_row(one: FinishedTurn, row: InboxRow, place: int | None) -> dict[str, Any]:
    return {**_inbox_key(one, row), "place": place, "done_at": one.now, "attempts": row.attempts}


def _by_id(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["programme_id"], row["id"]


def _state_row(one: FinishedTurn, place: int) -> dict[str, Any]:
    state = one.state
    done = [row.seq for row, _ in one.turns]
    if one.failure and one.gives_up:
        done.append(one.failure.row.seq)
    rests = one.failure is not None and not one.gives_up
    attempts = one.failure.row.attempts if one.failure else 0
    changes = one.claimed.readable and (bool(one.turns) or one.gives_up)
    return {
        "programme_id": one.claimed.programme,
        "id": one.claimed.conversation,
        "changes": changes,
        "state": json_text(shared.stored(state)),
        "kept": shared.lies_apart(state),
        "structures": shared.structures_of(state),
        "language": state.language or None,
        "done_seq": max(done, default=0),
        "last_place": place,
        "rest": SECOND * 2**attempts if rests else 0,
    }


@lru_cache(maxsize=2)
def _writing_states(dialect: str) -> Change:
    """Writes states and gives the conversations back: whoever is waiting in them may be claimed."""
    columns = t.conversation.c
    names = ("programme_id", "id", "state", "kept", "structures", "language", "done_seq", "last_place")

    def build(row: Columns) -> Executable:
        done = case((row["done_seq"] > columns.done_seq, row["done_seq"]), else_=columns.done_seq)
        return (
            update(t.conversation)
            .where(columns.programme_id == row["programme_id"], columns.id == row["id"])
            .values(
                **{
                    name: case((row["changes"], row[name]), else_=columns[name])
                    for name in ("state", "kept", "structures", "language")
                },
                done_seq=done,
                last_place=row["last_place"],
                version=columns.version + 1,
                fence=columns.fence + 1,
                worker=null(),
                ready_at=case((columns.last_seq > done, database_now() + row["rest"]), else_=null()),
            )
        )

    return for_each_row(
        dialect, {**types_of(t.conversation, names), "rest": BigInteger(), "changes": Boolean()}, build
    )


def _release(tx: Connection, lost: Iterable[_Key]) -> None:
    """Gives conversations back that have to be worked on again."""
    rows = [{"programme_id": programme, "id": conversation} for programme, conversation in sorted(lost)]
    change_with_rows(tx, _releasing(tx.dialect.name), rows)


@lru_cache(maxsize=2)
def _releasing(dialect: str) -> Change:
    columns = t.conversation.c
    return for_each_row(
        dialect,
        types_of(t.conversation, ("programme_id", "id")),
        lambda row: (
            update(t.conversation)
            .where(columns.programme_id == row["programme_id"], columns.id == row["id"])
            .values(fence=columns.fence + 1, worker=null(), ready_at=database_now())
        ),
    )


def _consents(claimed: Claimed, row: InboxRow, turn: Turn) -> list[dict[str, Any]]:
    return [
        {
            "programme_id": claimed.programme,
            "id": new_ordered_id(),
            "person_id": claimed.person,
            "business_id": consent.business,
            "purpose": consent.purpose,
            "given": consent.given,
            "text_hash": consent.text_hash,
            "language": consent.language,
            "channel": claimed.channel,
            "at": row.received_at,
        }
        for consent in turn.consents
    ]


def _events(one: FinishedTurn, row: InboxRow, turn: Turn) -> list[dict[str, Any]]:
    """The turn's events with their envelope; none without consent to guidance and statistics."""
    state, claimed = turn.state, one.claimed
    if not (state.kept and state.counted):
        return []
    return [
        events.row(
            claimed.programme,
            event.kind,
            occurred_at=row.received_at,
            recorded_at=one.now,
            zone=claimed.zone,
            channel=claimed.channel,
            data=event.data,
            person=claimed.person,
            business=state.business.id if state.business else None,
            role=state.business.role if state.business else None,
            assessment=event.assessment,
            conversation=claimed.conversation,
            language=state.language or None,
            pack_version=one.pack_version,
            mode=state.assessment.mode if state.assessment else None,
            is_test=claimed.is_test,
        )
        for event in turn.events
    ]


def _withdraw(tx: Connection, held: Sequence[_Held]) -> None:
    """Somebody takes her consent to guidance back: business and events go, the talk goes on for a day."""
    withdrawals = [
        erasure.Withdrawal(*one.person, business, _is_kept(one.one.state, business))
        for one in held
        for business in one.given_up
    ]
    erasure.withdraw(tx, withdrawals, talks=[one.key for one in held])


def _is_kept(state: State, business: str) -> bool:
    return state.kept and state.business is not None and state.business.id == business


def _erase(tx: Connection, finished: Sequence[FinishedTurn], clock: int) -> dict[_Key, str]:
    """Erases persons and hands the replies to the strangers they have become."""
    if not finished:
        return {}
    batch = _Batch(clock)
    for one in finished:
        batch.work_off(one)
    batch.write(tx)
    talks = {_key(one): one.turns[-1][0].seq for one in finished}
    homes = erasure.erase_and_welcome(tx, talks, now=clock)
    batch = _Batch(clock)
    for one in finished:
        batch.add_stranger(one, homes[_key(one)].conversation)
    batch.write(tx)
    return {key: home.conversation for key, home in homes.items()}
