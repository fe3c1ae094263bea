"""What is to go out: written with the turn that caused it, sent afterwards, in order and not too fast.

A row is queued, then sending while somebody holds its lease, then sent. If nobody knows whether
the platform took it, it is unknown: a message of hers or a status of the platform settles that,
else a question is asked once more. If she has to write first, it is waiting. If it was given up,
it is dead. Later rows of a conversation wait while an earlier one is queued or sending.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest
from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Executable,
    FromClause,
    Integer,
    RowMapping,
    Select,
    Text,
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    true,
    union_all,
    update,
)

from flows.values import Inbound, Reply, reply_from_json, reply_to_json
from store import dead_letters, jumps, pacing, settling
from store import tables as t
from store.bulk import (
    Change,
    Columns,
    at_most,
    change_with_rows,
    find_rows,
    for_each_row,
    incoming,
    pick,
    run,
    run_with_rows,
    types_of,
)
from store.clock import DAY, SECOND, database_now, now_of
from store.codec import inbound_from_json
from store.dead_letters import QUESTION_LASTS, TIP_LASTS
from store.engine import vault_of
from store.pacing import GRAIN, Account, Limits, Pace, Rule
from store.watch import LEAST

LEASE_SECONDS = 60
# A question whose fate is unknown is asked once more after this long.
ASK_AGAIN_SECONDS = 45
# So long a reply waits for her to write: longer than this its words are not kept.
WAITS = DAY
TOO_LATE = "too_late"
# One statement looks into so many accounts: SQLite joins 500 selects at most.
_ACCOUNTS_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A reply to be sent now. `attempts` counts this one, from 1.

    conversation and place together are its name; the next claim hands out nothing later of this
    conversation before `mark` has said what became of it. address_kind: the kind of identity the
    address is (telegram, whatsapp: a phone, whatsapp_id: a business-scoped id). keyboard: the
    platform's id of the newest earlier message of this talk that asks: its buttons may still stand.
    """

    programme: str
    account: str
    channel: str
    conversation: str
    place: int
    address: str
    reply: Reply
    attempts: int
    window_until: int | None
    address_kind: str = ""
    keyboard: str | None = None

    @property
    def name(self) -> str:
        """What a platform may echo in its statuses."""
        return f"{self.conversation}:{self.place}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt to send.

    retry: try again `after` seconds. unknown: the platform may have it. waiting: until she writes
    again, for `reason`. dead: given up, for `reason`. hold: seconds for which the whole account has
    to be silent, as the platform has asked. attempt: which one it was, if the sender says so: that
    of a sender who was overtaken by another one is then told apart.
    """

    programme: str
    conversation: str
    place: int
    state: Literal["sent", "retry", "unknown", "waiting", "dead"]
    after: float = 0
    hold: float = 0
    provider_id: str | None = None
    reason: str = ""
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a talk, for a channel that fetches. What the person said is an `Inbound`."""

    place: int
    at: int
    said: Reply | Inbound


def rows_of(
    programme: str,
    conversation: str,
    cause: int,
    replies: Iterable[Reply],
    place: int,
    *,
    account: str,
    now: int,
    due: int,
    pulls: bool,
    unasked: bool = False,
) -> list[dict[str, Any]]:
    """The rows of the replies to one inbox row; the first one takes `place`.

    What a channel fetches by itself counts as sent: the row is there for it to read. unasked: nobody
    waits for it.
    """
    return [
        {
            "programme_id": programme,
            "conversation_id": conversation,
            "place": place + part,
            "account_id": account,
            "cause": cause,
            "part": part,
            "asks": reply.expects is not None,
            "unasked": unasked and not pulls,
            "body": reply_to_json(reply),
            "state": "sent" if pulls else "queued",
            "attempts": 0,
            "doubts": 0,
            "due_at": None if pulls else due,
            "give_up_at": None if pulls else due + (QUESTION_LASTS if reply.expects else TIP_LASTS),
            "created_at": now,
            "sent_at": now if pulls else None,
        }
        for part, reply in enumerate(replies)
    ]


def hurry(tx: Connection, talks: Iterable[tuple[str, str]]) -> None:
    """Somebody waits for an answer here: what we had to say of our own accord goes out before it, so it goes now."""
    rows = [{"programme_id": programme, "conversation_id": talk} for programme, talk in sorted(set(talks))]
    change_with_rows(tx, _hurrying(tx.dialect.name), rows)


def claim_due(
    tx: Connection,
    limits: Mapping[Account, Limits],
    limit: int = 64,
    *,
    lease_seconds: float = LEASE_SECONDS,
) -> list[Outgoing]:
    """Takes the next reply of up to `limit` conversations in which one is due, no faster than the limits.

    limits: of the accounts to send from, by (programme, account). They take turns, so that one with
    a thousand replies does not delay another. In each, replies to people who wrote go first, and a part
    of its burst is theirs alone. What was not to be sent in time is given up here. When
    the clock was set, nothing is: what waits is set along with it, and the next claim finds it.
    """
    if not limits:
        return []
    taken_up = pacing.take(tx, limits)
    if taken_up is None:
        return []
    now, paces = taken_up
    free = {
        account: pace
        for account, pace in paces.items()
        if max(pace.held_until, limits[account].account.free_at(pace.tat)) <= now
    }
    choice = _Choice(limits, {account: pace.tat for account, pace in free.items()}, now)
    for row in _in_turns(_candidates(tx, free, limit, unasked=False)):
        choice.consider(row, limit)
    for row in _in_turns(_unasked(tx, limits, free, now, limit)):
        choice.consider(row, limit)
    _give_up(tx, choice.late)
    change_with_rows(tx, _putting_off(tx.dialect.name), sorted(choice.put_off, key=_key_of))
    taken = _take(tx, choice.taken, int(lease_seconds * SECOND))
    pacing.keep(tx, choice.paces())
    vault = vault_of(tx)
    return [
        Outgoing(
            row["programme_id"],
            row["account_id"],
            row["channel"],
            row["conversation_id"],
            row["place"],
            vault.open(row["programme_id"], row["kind"], row["sealed"]),
            reply_from_json(row["body"]),
            row["attempts"] + 1,
            row["window_until"],
            row["kind"],
            row["keyboard"],
        )
        for row in choice.taken
        if _key_of(row) in taken
    ]


def next_due(tx: Connection, limits: Mapping[Account, Limits]) -> float | None:
    """Seconds until the sender of these accounts should look again: 0 if something may go now.

    None if nothing waits for a time: a reply in doubt or one that waits for her is looked after when
    its own time comes, one that is being sent when its sender says what became of it.
    """
    if not limits:
        return None
    now, paces = pacing.look(tx, limits)
    instants = []
    for row in _first_due(tx, limits):
        account = (row["programme_id"], row["account_id"])
        pace = paces.get(account, pacing.FRESH)
        free_at = _rule(limits[account], row).free_at(pace.tat)
        instants.append(max(row["due_at"], pace.held_until, free_at))
    return max(0.0, (min(instants) - now) / SECOND) if instants else None


def mark(tx: Connection, outcomes: Sequence[Outcome]) -> list[None]:
    """Writes what became of what was claimed. An outcome that comes too late changes nothing.

    Only that a reply was sent is still worth knowing when it was already in doubt.
    """
    if any(o.state != "sent" for o in outcomes):  # something waits from now on
        jumps.notice(tx)
    in_doubt = {(o.programme, o.conversation) for o in outcomes if o.state in settling.OPEN}
    settling.hold(tx, in_doubt)
    _hush(tx, [o for o in outcomes if o.hold])
    _bury_outcomes(tx, [o for o in outcomes if o.state == "dead"])
    rows = [
        {
            "programme_id": o.programme,
            "conversation_id": o.conversation,
            "place": o.place,
            "state": "queued" if o.state == "retry" else o.state,
            "wait": int(o.after * SECOND) + GRAIN,
            "provider_id": o.provider_id,
            "why": o.reason or None,
            "attempt": o.attempt,
        }
        for o in outcomes
    ]
    change_with_rows(tx, _marking(tx.dialect.name), sorted(rows, key=_key_of))
    settling.settle(tx, in_doubt)
    return [None] * len(outcomes)


def renew(tx: Connection, sending: Sequence[Outgoing], *, lease_seconds: float = LEASE_SECONDS) -> list[None]:
    """Holds what is still being sent for another lease: a film may take longer than one.

    What somebody else has taken over, or left in doubt, stays as it is.
    """
    jumps.notice_now_and_then(tx)
    lease = int(lease_seconds * SECOND)
    rows = [
        {
            "programme_id": one.programme,
            "conversation_id": one.conversation,
            "place": one.place,
            "attempt": one.attempts,
            "lease": lease,
        }
        for one in sending
    ]
    change_with_rows(tx, _renewing(tx.dialect.name), sorted(rows, key=_key_of))
    return [None] * len(sending)


def recover(tx: Connection) -> None:
    """What a sender that died has left in the middle may or may not have gone out: it becomes unknown."""
    jumps.notice(tx)
    columns = t.outbox.c
    over = select(columns.programme_id, columns.conversation_id).where(
        columns.state == "sending", columns.due_at <= database_now()
    )
    left = sorted({(programme, talk) for programme, talk in tx.execute(over)})
    if left:
        settling.hold(tx, left)
        rows = [{"programme_id": programme, "conversation_id": talk} for programme, talk in left]
        change_with_rows(tx, _doubting(tx.dialect.name), rows)
        settling.settle(tx, left)


def history(
    tx: Connection, programme: str, conversation: str, *, after: int = 0, now: int
) -> tuple[list[Line], int]:
    """The talk of the last 24 hours after the cursor, both sides, in order; and the next cursor.

    A person's message stands in the talk once it was worked on, before the replies to it.
    """
    ours, hers, least = t.outbox.c, t.inbox.c, now - DAY
    said_by_us = select(
        ours.place,
        ours.created_at.label("at"),
        ours.body,
        literal("").label("kind"),
        literal("").label("key"),
    ).where(
        ours.programme_id == programme,
        ours.conversation_id == conversation,
        ours.place > after,
        ours.created_at > least,
        ours.body.is_not(None),
    )
    said_by_her = select(hers.place, hers.received_at.label("at"), hers.body, hers.kind, hers.key).where(
        hers.programme_id == programme,
        hers.conversation_id == conversation,
        hers.place > after,
        hers.received_at > least,
        hers.body.is_not(None),
    )
    found = tx.execute(union_all(said_by_us, said_by_her).order_by("place")).mappings()
    lines = [Line(row["place"], row["at"], _said(row)) for row in found]
    return lines, lines[-1].place if lines else after


_KEY = ("programme_id", "conversation_id", "place")
_Row = dict[str, Any]


def _key_of(row: Mapping[str, Any]) -> tuple[str, str, int]:
    return row["programme_id"], row["conversation_id"], row["place"]


def _said(row: RowMapping) -> Reply | Inbound:
    return (
        inbound_from_json(row["key"], row["kind"], row["body"])
        if row["kind"]
        else reply_from_json(row["body"])
    )


# --- what is due ---


def _candidates(tx: Connection, accounts: Iterable[Account], most: int, *, unasked: bool) -> list[list[_Row]]:
    """For each account the replies that are due there, each the next one of its conversation; oldest first."""
    found: dict[Account, list[_Row]] = {}
    for some in _parts(sorted(accounts)):
        statement = _finding(len(some), unasked)
        for row in run(tx, statement, {**_named(some), "most": most}, joins=True):
            found.setdefault((row["programme_id"], row["account_id"]), []).append(row)
    return list(found.values())


def _unasked(
    tx: Connection, limits: Mapping[Account, Limits], paces: Mapping[Account, Pace], now: int, most: int
) -> list[list[_Row]]:
    """As `_candidates`, of what nobody waits for: no more than may go now, as tens of thousands may be due."""
    room = {account: limits[account].unasked.room(pace.tat, now) for account, pace in paces.items()}
    free = [account for account, places in room.items() if places]
    return _candidates(tx, free, min(most, max(room.values())), unasked=True) if free else []


def _rule(limits: Limits, row: Mapping[str, Any]) -> Rule:
    """How fast the account may send such a reply."""
    return limits.unasked if row["unasked"] else limits.account


def _first_due(tx: Connection, accounts: Iterable[Account]) -> list[_Row]:
    """For each account in which something waits for its time the replies that are due first: one of either kind."""
    found: list[_Row] = []
    for some in _parts(sorted(accounts)):
        found += run(tx, _finding_first(len(some)), {**_named(some), "most": 1}, joins=True)
    return found


def _parts(accounts: Sequence[Account]) -> Iterator[Sequence[Account]]:
    for start in range(0, len(accounts), _ACCOUNTS_AT_ONCE):
        yield accounts[start : start + _ACCOUNTS_AT_ONCE]


def _named(accounts: Sequence[Account]) -> dict[str, str]:
    named = {}
    for n, (programme, account) in enumerate(accounts):
        named[f"programme_{n}"], named[f"account_{n}"] = programme, account
    return named


def _in_turns(lists: Iterable[list[_Row]]) -> Iterator[_Row]:
    """The first of each list, then the second of each …"""
    for rows in zip_longest(*lists):
        yield from (row for row in rows if row is not None)


def _waiting_here(n: int, unasked: bool, *conditions: ColumnElement[bool]) -> Select[Any]:
    """Replies of the account number `n` that have a time, and nothing before them in their conversation."""
    ours, earlier = t.outbox.c, t.outbox.alias("earlier").c
    held_back = exists().where(
        earlier.programme_id == ours.programme_id,
        earlier.conversation_id == ours.conversation_id,
        earlier.place < ours.place,
        earlier.due_at.is_not(None),
        or_(earlier.state == "queued", earlier.state == "sending"),
    )
    return (
        select(*(ours[name] for name in _KEY), ours.account_id, ours.unasked, ours.due_at)
        .where(
            ours.programme_id == bindparam(f"programme_{n}"),
            ours.account_id == bindparam(f"account_{n}"),
            ours.unasked == (true() if unasked else false()),
            ours.due_at.is_not(None),
            ours.state != "sending",
            ~held_back,
            *conditions,
        )
        .order_by(ours.due_at)
        .limit(at_most("most"))
    )


@lru_cache(maxsize=64)
def _finding_first(accounts: int) -> Executable:
    return union_all(
        *(
            select(_waiting_here(n, unasked).subquery(f"here_{n}_{unasked:d}"))
            for n in range(accounts)
            for unasked in (False, True)
        )
    )


@lru_cache(maxsize=64)
def _finding(accounts: int, unasked: bool) -> Executable:
    """What is due, with all that is needed to decide on it and to send it."""
    ours, talk, identity, account = t.outbox.c, t.conversation.c, t.identity.c, t.account.c
    is_due = ours.due_at <= database_now()
    here = [_waiting_here(n, unasked, is_due).subquery(f"here_{n}") for n in range(accounts)]
    due = union_all(*(select(one) for one in here)).cte("due")
    source = (
        due.join(t.outbox, and_(*(ours[name] == due.c[name] for name in _KEY)))
        .join(t.conversation, and_(talk.programme_id == ours.programme_id, talk.id == ours.conversation_id))
        .join(t.identity, and_(identity.programme_id == talk.programme_id, identity.id == talk.identity_id))
        .join(t.account, and_(account.programme_id == ours.programme_id, account.id == ours.account_id))
        .outerjoin(
            t.pace,
            and_(
                t.pace.c.programme_id == ours.programme_id,
                t.pace.c.account_id == ours.account_id,
                t.pace.c.conversation_id == ours.conversation_id,
            ),
        )
    )
    names = (
        *_KEY, "account_id", "unasked", "state", "body", "attempts", "why", "give_up_at", "tried_at"
    )  # fmt: skip
    return (
        select(
            *(ours[name] for name in names),
            account.channel,
            talk.window_until,
            talk.last_seq.label("heard"),
            identity.kind,
            identity.sealed,
            func.coalesce(t.pace.c.tat, 0).label("tat"),
            _newest_before("tried_at").label("before_tried_at"),
            _newest_before("provider_id", asks=True).label("keyboard"),
        )
        .select_from(source)
        .order_by(due.c.due_at, *(ours[name] for name in _KEY))
    )


def _newest_before(name: str, *, asks: bool = False) -> ColumnElement[Any]:
    """A column of the newest earlier row of the conversation; or of the newest that was sent and asks."""
    before, ours = t.outbox.alias(f"before_{name}").c, t.outbox.c
    asked = (before.asks, before.state == "sent", before.provider_id.is_not(None)) if asks else ()
    return (
        select(before[name])
        .where(
            before.programme_id == ours.programme_id,
            before.conversation_id == ours.conversation_id,
            before.place < ours.place,
            *asked,
        )
        .order_by(before.place.desc())
        .limit(literal_column("1"))
        .correlate(t.outbox)
        .scalar_subquery()
    )


class _Choice:
    """Decides which of the candidates go now.

    taken: those that go. late: those to be given up. put_off: those whose person had a message a
    moment ago, with the instant `until` which they wait.
    """

    def __init__(self, limits: Mapping[Account, Limits], tats: dict[Account, int], now: int) -> None:
        self._limits = limits
        self._tats = tats  # of the accounts
        self._now = now
        self._of_talks: list[_Row] = []
        self._moved: set[Account] = set()
        self.taken: list[_Row] = []
        self.late: list[_Row] = []
        self.put_off: list[_Row] = []

    def consider(self, row: _Row, limit: int) -> None:
        account = (row["programme_id"], row["account_id"])
        if row["give_up_at"] <= self._now or row["body"] is None:
            self.late.append(row)
            return
        rule = self._limits[account].person
        tat = self._tat_of_talk(row, rule)
        if rule.free_at(tat) > self._now:
            self.put_off.append({**row, "until": rule.free_at(tat)})
        elif len(self.taken) < limit and self._account_is_free(account, row):
            self.taken.append(row)
            self._move(account, row, rule, tat)

    def paces(self) -> list[_Row]:
        """Where the due times of the rules stand after what was taken."""
        accounts = [
            {"programme_id": p, "account_id": a, "conversation_id": "", "tat": self._tats[p, a]}
            for p, a in self._moved
        ]
        return accounts + self._of_talks

    def _tat_of_talk(self, row: _Row, rule: Rule) -> int:
        """A message that was long on its way moves the next one on, too: what counts is when it arrived.

        What was tried in the future was so before the clock was set back.
        """
        known = self._now + LEAST
        tried = max((at for at in (row["tried_at"], row["before_tried_at"]) if at and at <= known), default=0)
        return max(row["tat"], tried + rule.every + GRAIN) if rule.every else 0

    def _account_is_free(self, account: Account, row: _Row) -> bool:
        return _rule(self._limits[account], row).free_at(self._tats[account]) <= self._now

    def _move(self, account: Account, row: _Row, rule: Rule, tat: int) -> None:
        whole = self._limits[account].account
        if whole.every:
            self._tats[account] = whole.after(self._tats[account], self._now)
            self._moved.add(account)
        if rule.every:
            key = {"programme_id": account[0], "account_id": account[1]}
            talk = {**key, "conversation_id": row["conversation_id"]}
            self._of_talks.append({**talk, "tat": rule.after(tat, self._now)})


# --- what becomes of it ---


def _take(tx: Connection, rows: Sequence[_Row], lease: int) -> set[tuple[str, str, int]]:
    """Marks rows as being sent; those that are still as they were found."""
    if not rows:
        return set()
    wanted = [{name: row[name] for name in (*_KEY, "state", "heard")} | {"lease": lease} for row in rows]
    return {_key_of(row) for row in run_with_rows(tx, _taking(tx.dialect.name), wanted)}


def _give_up(tx: Connection, rows: Sequence[_Row]) -> None:
    """Buries what was not to be sent in time."""
    if not rows:
        return
    now = now_of(tx)
    wanted = [{name: row[name] for name in (*_KEY, "state")} for row in rows]
    gone = {_key_of(row) for row in run_with_rows(tx, _giving_up(tx.dialect.name), wanted)}
    _bury(tx, [(row, row["why"] or TOO_LATE) for row in rows if _key_of(row) in gone], now)


def _bury_outcomes(tx: Connection, outcomes: Sequence[Outcome]) -> None:
    """Letters for what is about to be marked as dead."""
    if not outcomes:
        return
    keys = [
        {"programme_id": o.programme, "conversation_id": o.conversation, "place": o.place} for o in outcomes
    ]
    found = find_rows(tx, t.outbox, keys, (*_KEY, "body", "attempts", "state"), lock=True)
    said = {(o.programme, o.conversation, o.place): o for o in outcomes}
    ours = [
        (row, said[_key_of(row)].reason)
        for row in found
        if row["state"] == "sending" and said[_key_of(row)].attempt in (0, row["attempts"])
    ]
    _bury(tx, ours, now_of(tx))


def _bury(tx: Connection, rows: Iterable[tuple[Mapping[str, Any], str]], now: int) -> None:
    """rows: of the outbox, and why each was given up."""
    dead_letters.add(
        tx,
        [
            dead_letters.row(
                *_key_of(row)[:2], "outbox", row["place"], row["body"], why, row["attempts"], now
            )
            for row, why in rows
        ],
    )


def _hush(tx: Connection, outcomes: Sequence[Outcome]) -> None:
    """Keeps the accounts silent whose platform has asked for it."""
    if not outcomes:
        return
    keys = [
        {"programme_id": o.programme, "conversation_id": o.conversation, "place": o.place} for o in outcomes
    ]
    found = find_rows(tx, t.outbox, keys, (*_KEY, "account_id"))
    account_of = {_key_of(row): (row["programme_id"], row["account_id"]) for row in found}
    now = now_of(tx)
    until: dict[Account, int] = {}
    for o in outcomes:
        account = account_of.get((o.programme, o.conversation, o.place))
        if account:
            until[account] = max(until.get(account, 0), now + int(o.hold * SECOND) + GRAIN)
    pacing.hush(tx, until)


def _key_types() -> dict[str, Any]:
    return {"programme_id": Text(), "conversation_id": Text(), "place": BigInteger()}


def _as_found(rows: FromClause) -> ColumnElement[bool]:
    """The row is still as it was when it was looked for."""
    ours = t.outbox.c
    return and_(
        *(ours[name] == rows.c[name] for name in _KEY),
        ours.state == rows.c.state,
        ours.due_at <= database_now(),
    )


@lru_cache(maxsize=2)
def _taking(dialect: str) -> Executable:
    types = {**_key_types(), "state": Text(), "heard": BigInteger(), "lease": BigInteger()}
    rows, ours = incoming(dialect, types), t.outbox.c
    return (
        update(t.outbox)
        .where(_as_found(rows))
        .values(
            state="sending",
            attempts=ours.attempts + 1,
            due_at=database_now() + rows.c.lease,
            tried_at=database_now(),
            heard=rows.c.heard,
            # What was said of an earlier attempt says nothing of this one.
            provider_id=null(),
            failed_at=null(),
            failure=null(),
        )
        .returning(*(ours[name] for name in _KEY))
    )


@lru_cache(maxsize=2)
def _renewing(dialect: str) -> Executable:
    rows, ours = incoming(dialect, {**_key_types(), "attempt": Integer(), "lease": BigInteger()}), t.outbox.c
    return (
        update(t.outbox)
        .where(
            *(ours[name] == rows.c[name] for name in _KEY),
            ours.state == "sending",
            ours.attempts == rows.c.attempt,
        )
        .values(due_at=database_now() + rows.c.lease)
    )


@lru_cache(maxsize=2)
def _hurrying(dialect: str) -> Change:
    ours = t.outbox.c
    return for_each_row(
        dialect,
        types_of(t.outbox, ("programme_id", "conversation_id")),
        lambda row: (
            update(t.outbox)
            .where(
                ours.programme_id == row["programme_id"],
                ours.conversation_id == row["conversation_id"],
                ours.due_at.is_not(None),
                ours.unasked == true(),
            )
            .values(unasked=false())
        ),
    )


@lru_cache(maxsize=2)
def _giving_up(dialect: str) -> Executable:
    rows, ours = incoming(dialect, {**_key_types(), "state": Text()}), t.outbox.c
    return (
        update(t.outbox)
        .where(_as_found(rows))
        .values(state="dead", due_at=null(), why=func.coalesce(ours.why, TOO_LATE))
        .returning(*(ours[name] for name in _KEY))
    )


@lru_cache(maxsize=2)
def _putting_off(dialect: str) -> Executable:
    rows = incoming(dialect, {**_key_types(), "state": Text(), "until": BigInteger()})
    return update(t.outbox).where(_as_found(rows)).values(due_at=rows.c.until)


@lru_cache(maxsize=2)
def _doubting(dialect: str) -> Change:
    """Rows of dead senders, conversation by conversation."""
    ours = t.outbox.c

    def build(row: Columns) -> Executable:
        return (
            update(t.outbox)
            .where(
                ours.programme_id == row["programme_id"],
                ours.conversation_id == row["conversation_id"],
                ours.state == "sending",
                ours.due_at <= database_now(),
            )
            .values(state="unknown", doubts=ours.doubts + 1, due_at=_asked_again())
        )

    return for_each_row(dialect, types_of(t.outbox, ("programme_id", "conversation_id")), build)


def _asked_again() -> ColumnElement[Any]:
    """When a reply in doubt is sent once more: a question, once; a tip or a reminder never."""
    ours, inbox = t.outbox.c, t.inbox.c
    reminds = exists().where(
        inbox.programme_id == ours.programme_id,
        inbox.conversation_id == ours.conversation_id,
        inbox.seq == ours.cause,
        inbox.kind == "timer",
    )
    again = and_(ours.asks, ours.doubts == 0, ~reminds)
    return case((again, database_now() + ASK_AGAIN_SECONDS * SECOND), else_=null())


@lru_cache(maxsize=2)
def _marking(dialect: str) -> Executable:
    texts = dict.fromkeys(("state", "provider_id", "why"), Text())
    rows = incoming(dialect, {**_key_types(), **texts, "wait": BigInteger(), "attempt": Integer()})
    ours, said = t.outbox.c, rows.c.state
    still_ours = or_(ours.state == "sending", and_(ours.state == "unknown", said == "sent"))
    until = pick(dialect, "least", database_now() + rows.c.wait, ours.give_up_at)
    waits_until = database_now() + WAITS
    return (
        update(t.outbox)
        .where(
            *(ours[name] == rows.c[name] for name in _KEY),
            still_ours,
            rows.c.attempt.in_((0, ours.attempts)),
        )
        .values(
            state=said,
            doubts=ours.doubts + case((said == "unknown", 1), else_=0),
            due_at=case(
                (said == "queued", until),
                (said == "unknown", _asked_again()),
                (said == "waiting", waits_until),
                else_=null(),
            ),
            give_up_at=case((said == "waiting", waits_until), else_=ours.give_up_at),
            tried_at=database_now(),
            why=func.coalesce(rows.c.why, ours.why),
            provider_id=func.coalesce(rows.c.provider_id, ours.provider_id),
            sent_at=case((said == "sent", func.coalesce(ours.sent_at, database_now())), else_=ours.sent_at),
        )
    )
