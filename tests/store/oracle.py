"""What must hold in the database after any accident: questions in SQL whose answers are violations.

`violations(tx)` asks all that the database alone can answer; the others take what the world outside
has seen. The numbers are those of our promises: I1 nothing acknowledged is lost, I2 nothing is there
twice, I3 and I4 order, I5 a turn is whole, I6 and I7 what people saw, I8 the read models follow from
the events, I9 nobody refers to another programme, I10 nothing is stuck.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, RowMapping, Table, and_, exists, func, or_, select

from store import inbox, outbox, read_models
from store import tables as t
from store.clock import SECOND, database_now
from store.engine import vault_of

STATES = {"queued", "sending", "sent", "unknown", "waiting", "dead"}


@dataclass(frozen=True, slots=True)
class Violation:
    promise: str
    what: str

    def __str__(self) -> str:
        return f"{self.promise}: {self.what}"


def violations(tx: Connection) -> list[Violation]:
    """All that is wrong in this database; nothing if all is well."""
    return [Violation(promise, what) for promise, ask in ASKED for what in ask(tx)]


# --- what the database knows alone --------------------------------------------------------------


def keys_twice(tx: Connection) -> list[str]:
    """I2: an inbound lies in the inbox once."""
    key = (t.inbox.c.programme_id, t.inbox.c.account_id, t.inbox.c.key)
    found = tx.execute(select(*key, func.count()).group_by(*key).having(func.count() > 1))
    return [f"{programme} {account}: a key {n} times" for programme, account, _, n in found]


def out_of_turn(tx: Connection) -> list[str]:
    """I3: in a conversation all up to `done_seq` is worked on, in order, and nothing behind it."""
    talk, row = t.conversation.c, t.inbox.c
    wrong = or_(
        and_(row.seq <= talk.done_seq, row.done_at.is_(None)),
        and_(row.seq > talk.done_seq, row.done_at.is_not(None)),
    )
    found = tx.execute(
        select(row.conversation_id, row.seq).join(t.conversation, _same_talk(t.inbox)).where(wrong)
    )
    problems = [f"{_talk(row)}: inbound {row.seq} was worked on out of turn" for row in found]
    places = select(row.conversation_id, row.seq, row.place).where(row.place.is_not(None))
    last: dict[str, int] = {}
    for one in tx.execute(places.order_by(row.programme_id, row.conversation_id, row.seq)):
        if one.place <= last.get(one.conversation_id, 0):
            problems.append(f"{_talk(one)}: inbound {one.seq} stands before an earlier one")
        last[one.conversation_id] = one.place
    return problems


def miscounted(tx: Connection) -> list[str]:
    """I4: a conversation's counters are those of its rows."""
    talk = t.conversation.c
    problems = []
    for table, of, counter in (
        (t.inbox, t.inbox.c.seq, talk.last_seq),
        (t.inbox, t.inbox.c.place, talk.last_place),
        (t.outbox, t.outbox.c.place, talk.last_place),
    ):
        newest = select(func.max(of)).where(_same_talk(table)).correlate(t.conversation).scalar_subquery()
        for row in tx.execute(select(talk.id.label("conversation_id")).where(newest > counter)):
            problems.append(f"{_talk(row)}: {table.name} has rows behind {counter.name}")
    return problems


def torn_turns(tx: Connection) -> list[str]:
    """I5: a reply has a cause that was worked on, and stands behind it with all parts before it."""
    ours, hers, talk = t.outbox.c, t.inbox.c, t.conversation.c
    cause = and_(
        hers.programme_id == ours.programme_id,
        hers.conversation_id == ours.conversation_id,
        hers.seq == ours.cause,
    )
    wrong = or_(ours.cause > talk.done_seq, hers.place >= ours.place)
    joined = select(ours.conversation_id, ours.place).join(t.conversation, _same_talk(t.outbox))
    problems = [
        f"{_talk(row)}: reply {row.place} has no cause that was worked on before it"
        for row in tx.execute(joined.outerjoin(t.inbox, cause).where(wrong))
    ]
    key = (ours.programme_id, ours.conversation_id, ours.cause)
    gaps = select(*key).group_by(*key).having(func.max(ours.part) + 1 != func.count())
    return problems + [
        f"{_talk(row)}: a part of the replies to {row.cause} is missing" for row in tx.execute(gaps)
    ]


def odd_replies(tx: Connection) -> list[str]:
    """I6, I7: a reply's state, times and counts agree; nothing is sent more often than a doubt allows."""
    ours = t.outbox.c
    timed = ours.state.in_(("queued", "sending", "waiting"))
    wrong = {
        "has an unknown state": ours.state.not_in(STATES),
        "would never be looked at again": and_(timed, ours.due_at.is_(None)),
        "has ended and is looked at again": and_(ours.state.in_(("sent", "dead")), ours.due_at.is_not(None)),
        "was sent at no time": and_(ours.state == "sent", ours.sent_at.is_(None)),
        "was doubted more often than it was tried": ours.doubts > ours.attempts,
        "was sent a third time in doubt": ours.doubts > 2,
        "is no question and is to be sent again": and_(
            ours.state == "unknown", ours.due_at.is_not(None), ~ours.asks
        ),
        "waits for no reason": and_(ours.state == "waiting", ours.why.is_(None)),
    }
    return [
        f"{_talk(row)}: reply {row.place} {what}"
        for what, condition in wrong.items()
        for row in tx.execute(select(ours.conversation_id, ours.place).where(condition))
    ]


def read_models_astray(tx: Connection) -> list[str]:
    """I8: the read models are what follows from the present events."""
    events = [dict(row) for row in tx.execute(select(t.event)).mappings()]
    problems = []
    for folded in read_models.fold(events):
        wanted = _summed(folded.table, folded.rows.values())
        found = _summed(folded.table, tx.execute(select(folded.table)).mappings())
        if wanted != found:
            problems.append(f"{folded.table.name} does not follow from the events")
    return problems


def dangling(tx: Connection) -> list[str]:
    """I9: what a row refers to is there, in the same programme."""
    problems = []
    for table, column, to, its in _REFERENCES:
        there = exists().where(to.c.programme_id == table.c.programme_id, to.c[its] == table.c[column])
        n = tx.execute(
            select(func.count()).select_from(table).where(table.c[column].is_not(None), ~there)
        ).scalar_one()
        if n:
            problems.append(f"{n} rows of {table.name} name a {to.name} that is not there")
    talk, ours = t.conversation.c, t.outbox.c
    elsewhere = select(ours.conversation_id, ours.place).join(t.conversation, _same_talk(t.outbox))
    for row in tx.execute(elsewhere.where(talk.account_id != ours.account_id)):
        problems.append(f"{_talk(row)}: reply {row.place} is of another account")
    return problems


def stuck(tx: Connection) -> list[str]:
    """I10: no lease ended long ago, nothing waits that nobody would find."""
    talk, ours, now = t.conversation.c, t.outbox.c, database_now()
    sending = and_(ours.state == "sending", ours.due_at < now - outbox.LEASE_SECONDS * SECOND)
    problems = [
        f"{_talk(row)}: reply {row.place} has been sending for too long"
        for row in tx.execute(select(ours.conversation_id, ours.place).where(sending))
    ]
    left = and_(talk.worker.is_not(None), talk.ready_at < now - inbox.LEASE_SECONDS * SECOND)
    unseen = and_(talk.last_seq > talk.done_seq, talk.ready_at.is_(None))
    open_ = exists().where(_same_talk(t.outbox), ours.state.in_(("unknown", "waiting")))
    for what, condition in (
        ("its worker has left it", left),
        ("something waits and nobody would claim it", unseen),
        ("nobody would notice that she settles a reply", and_(open_, ~talk.unsettled)),
    ):
        for row in tx.execute(select(talk.id.label("conversation_id")).where(condition)):
            problems.append(f"{_talk(row)}: {what}")
    return problems


ASKED: tuple[tuple[str, Callable[[Connection], list[str]]], ...] = (
    ("I2", keys_twice),
    ("I3", out_of_turn),
    ("I4", miscounted),
    ("I5", torn_turns),
    ("I6", odd_replies),
    ("I8", read_models_astray),
    ("I9", dangling),
    ("I10", stuck),
)


# --- with what the world outside has seen -------------------------------------------------------


def lost(tx: Connection, acknowledged: Iterable[tuple[str, str, str]]) -> list[str]:
    """I1: (programme, account, key) of inbounds that were acknowledged and are not there or not worked on."""
    vault = vault_of(tx)
    row = t.inbox.c
    done = {
        tuple(key)
        for key in tx.execute(
            select(row.programme_id, row.account_id, row.key).where(row.done_at.is_not(None))
        )
    }
    return [
        key
        for programme, account, key in acknowledged
        if (programme, account, vault.mark(programme, "key", account, key)) not in done
    ]


def never_arrived(tx: Connection, seen: Iterable[tuple[str, int]]) -> list[str]:
    """I6: replies that count as sent and that nobody has seen. seen: (conversation, place), as they arrived."""
    ours, arrived = t.outbox.c, set(seen)
    sent = tx.execute(select(ours.conversation_id, ours.place).where(ours.state == "sent", ours.attempts > 0))
    return [f"{_talk(row)}: reply {row.place}" for row in sent if tuple(row) not in arrived]


def copies(tx: Connection, seen: Sequence[tuple[str, int]]) -> int:
    """I7: how many messages people have seen once more than they should."""
    return sum(n - 1 for n in Counter(seen).values())


def out_of_order(tx: Connection, seen: Sequence[tuple[str, int]]) -> list[str]:
    """I6: replies that arrived for the first time behind a later one of their conversation.

    One in doubt lets later ones pass, and so does one that waits for her.
    """
    ours = t.outbox.c
    passed = {
        (row.conversation_id, row.place)
        for row in tx.execute(
            select(ours.conversation_id, ours.place).where(or_(ours.doubts > 0, ours.why.is_not(None)))
        )
    }
    newest: dict[str, int] = defaultdict(int)
    problems = []
    for conversation, place in dict.fromkeys(seen):
        if place < newest[conversation] and (conversation, place) not in passed:
            problems.append(
                f"conversation {conversation[:12]}: reply {place} came behind {newest[conversation]}"
            )
        newest[conversation] = max(newest[conversation], place)
    return problems


# --- helpers ------------------------------------------------------------------------------------

# table, column, what it refers to, by which column
_REFERENCES: tuple[tuple[Table, str, Table, str], ...] = (
    (t.identity, "person_id", t.person, "id"),
    (t.conversation, "person_id", t.person, "id"),
    (t.conversation, "identity_id", t.identity, "id"),
    (t.conversation, "account_id", t.account, "id"),
    (t.membership, "person_id", t.person, "id"),
    (t.membership, "business_id", t.business, "id"),
    (t.assessment, "business_id", t.business, "id"),
    (t.consent, "person_id", t.person, "id"),
    (t.event, "person_id", t.person, "id"),
    (t.outbox, "conversation_id", t.conversation, "id"),
    (t.timer, "conversation_id", t.conversation, "id"),
    (t.call, "conversation_id", t.conversation, "id"),
    (t.dead_letter, "conversation_id", t.conversation, "id"),
    (t.merge_code, "conversation_id", t.conversation, "id"),
    (t.campaign_person, "person_id", t.person, "id"),
    (t.campaign_person, "conversation_id", t.conversation, "id"),
)


def _same_talk(table: Table) -> ColumnElement[bool]:
    return and_(
        table.c.programme_id == t.conversation.c.programme_id,
        table.c.conversation_id == t.conversation.c.id,
    )


def _talk(row: Row[Any]) -> str:
    return f"conversation {row.conversation_id[:12]}"


def _summed(
    table: Table, rows: Iterable[read_models.Row | RowMapping]
) -> dict[tuple[object, ...], read_models.Row]:
    """The rows of a read model, summed over the shards, without what has become nothing."""
    keys = [column.name for column in table.primary_key if column.name != "shard"]
    columns = read_models.MERGE[table.name]
    summed: dict[tuple[object, ...], read_models.Row] = {}
    for row in rows:
        key, rest = tuple(row[name] for name in keys), {name: row[name] for name in columns}
        summed[key] = read_models.merge(table.name, summed[key], rest) if key in summed else rest
    return {key: row for key, row in summed.items() if any(row.values())}
