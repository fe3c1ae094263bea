"""Campaigns that were started: whom each reaches, when, and what became of it for everybody.

A person has one row and, until it is her turn, one timer. She hears it
once, however many channels she has: what is due goes to the conversation she used last.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, and_, case, func, select, update

from flows.campaigns import last_used
from flows.reminders import HELD, campaign_key
from flows.state import State, from_json
from flows.values import Inbound, Reached
from store import tables as t
from store.bulk import delete_rows, find_rows, insert_rows, update_rows, upsert_rows
from store.clock import now_of
from store.inbox import Arrival, Claimed, accept, standing

State_ = Literal["running", "stopping", "stopped"]
WAITS = ("planned", "moved")  # there is a timer
CANCELLED = "cancelled"
_KEY = ("programme_id", "campaign_id", "person_id")


@dataclass(frozen=True, slots=True)
class Campaign:
    """One that was started. why: of what it was stopped. Instants: microseconds UTC."""

    programme: str
    id: str
    flow: str
    state: State_
    why: str
    started_at: int


@dataclass(frozen=True, slots=True)
class Planned:
    """One person is to hear it in this conversation at this instant (microseconds UTC)."""

    person: str
    conversation: str
    at: int


# --- starting ------------------------------------------------------------------------------------


def begin(
    tx: Connection,
    programme: str,
    campaign: str,
    *,
    flow: str,
    templates: Sequence[tuple[str, str]],
    now: int,
) -> None:
    """Makes it known that it runs; also one that was stopped. templates: those it invites with, (name, language)."""
    row = {
        "programme_id": programme,
        "id": campaign,
        "flow": flow,
        "state": "running",
        "why": None,
        "templates": [list(template) for template in templates],
        "started_at": now,
        "changed_at": now,
    }
    replaced = dict.fromkeys(("flow", "state", "why", "templates", "changed_at"), "replace")
    upsert_rows(tx, t.campaign, [row], replaced)


def people(tx: Connection, programme: str, after: str, limit: int) -> tuple[list[list[Claimed]], str]:
    """The conversations of some persons, person by person, and where the next ones begin ("" at the end).

    Persons of drafts are left out, and those who never talked with us.
    """
    person = t.person.c
    ids = list(
        tx.execute(
            select(person.id)
            .where(person.programme_id == programme, person.id > after, ~person.is_test, ~person.reported)
            .order_by(person.id)
            .limit(limit)
        ).scalars()
    )
    keys = [{"programme_id": programme, "person_id": id} for id in ids]
    talks = [(programme, row["id"]) for row in find_rows(tx, t.conversation, keys, ("id",))]
    found: dict[str, list[Claimed]] = {}
    for one in standing(tx, talks):
        if one.readable:
            found.setdefault(one.person, []).append(one)
    return list(found.values()), ids[-1] if len(ids) == limit else ""


def reached(tx: Connection, programme: str, campaign: str, persons: Iterable[str]) -> set[str]:
    """Those of these persons to whom it was planned already; one that was taken back may be planned again."""
    keys = [{"programme_id": programme, "campaign_id": campaign, "person_id": person} for person in persons]
    rows = find_rows(tx, t.campaign_person, keys, ("person_id", "reason"))
    return {row["person_id"] for row in rows if row["reason"] != CANCELLED}


def planned_at(tx: Connection, programme: str, campaign: str) -> dict[int, int]:
    """For how many people it was planned at each instant, without those of whom it was taken back."""
    columns = t.campaign_person.c
    counted = (
        select(columns.due_at, func.count())
        .where(
            columns.programme_id == programme,
            columns.campaign_id == campaign,
            func.coalesce(columns.reason, "") != CANCELLED,
        )
        .group_by(columns.due_at)
    )
    return {int(at): int(count) for at, count in tx.execute(counted)}


def plan(
    tx: Connection, programme: str, campaign: str, body: Mapping[str, Any], wanted: Sequence[Planned]
) -> int:
    """Makes the timers of these people; who was erased meanwhile is left out. How many there are now.

    body: of the timers. None is made once the campaign was stopped.
    """
    running = select(t.campaign.c.state).where(
        t.campaign.c.programme_id == programme, t.campaign.c.id == campaign
    )
    if tx.execute(running.with_for_update()).scalar() != "running":
        return 0
    keys = [{"programme_id": programme, "id": one.conversation} for one in wanted]
    owner = {
        row["id"]: row["person_id"]
        for row in find_rows(tx, t.conversation, keys, ("id", "person_id"), lock=True)
    }
    there = [one for one in wanted if owner.get(one.conversation) == one.person]
    known = reached(tx, programme, campaign, [one.person for one in there])
    new = [one for one in there if one.person not in known]
    now = now_of(tx)
    upsert_rows(
        tx,
        t.campaign_person,
        [
            {
                "programme_id": programme,
                "campaign_id": campaign,
                "person_id": one.person,
                "conversation_id": one.conversation,
                "state": "planned",
                "reason": None,
                "due_at": one.at,
                "changed_at": now,
            }
            for one in new
        ],
        dict.fromkeys(("conversation_id", "state", "reason", "due_at", "changed_at"), "replace"),
    )
    insert_rows(
        tx,
        t.timer,
        [
            {
                "programme_id": programme,
                "conversation_id": one.conversation,
                "key": campaign_key(campaign),
                "due_at": one.at,
                "body": dict(body),
            }
            for one in new
        ],
        on_conflict="nothing",
    )
    return len(new)


# --- when it is somebody's turn --------------------------------------------------------------------


_Timer = tuple[str, str, str]  # programme, conversation, key
Home = dict[str, str]  # conversation_id, account_id


def timer_of(row: Mapping[Any, Any]) -> _Timer:
    return row["programme_id"], row["conversation_id"], row["key"]


def homes(tx: Connection, timers: Sequence[Mapping[Any, Any]]) -> dict[_Timer, Home | None]:
    """Where each of these timers of campaigns, which are due, goes; None: it was stopped, so nowhere.

    timers: rows of the table, with the person_id of their conversation. A person hears it where she
    wrote last; who has said nothing of reminders there hears it where she did.
    """
    if not timers:
        return {}
    going = _running(tx, timers)
    people = sorted({(row["programme_id"], row["person_id"]) for row in going})
    keys = [{"programme_id": programme, "person_id": person} for programme, person in people]
    talks: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for talk in find_rows(
        tx, t.conversation, keys, ("programme_id", "person_id", "id", "account_id", "state")
    ):
        talks.setdefault((talk["programme_id"], talk["person_id"]), []).append(talk)
    found: dict[_Timer, Home | None] = {timer_of(row): None for row in timers}
    found |= {timer_of(row): _home(row, talks[row["programme_id"], row["person_id"]]) for row in going}
    _drop(tx, [row for row in timers if found[timer_of(row)] is None])
    return found


def _running(tx: Connection, timers: Sequence[Mapping[Any, Any]]) -> list[Mapping[Any, Any]]:
    campaigns = sorted({(row["programme_id"], row["body"]["campaign"]) for row in timers})
    keys = [{"programme_id": programme, "id": id} for programme, id in campaigns]
    running = {
        (row["programme_id"], row["id"])
        for row in find_rows(tx, t.campaign, keys, ("programme_id", "id", "state"))
        if row["state"] == "running"
    }
    return [row for row in timers if (row["programme_id"], row["body"]["campaign"]) in running]


def _home(timer: Mapping[Any, Any], talks: Sequence[Mapping[str, Any]]) -> Home:
    place = last_used([_state(talk) for talk in talks]) if len(talks) > 1 else None
    here = next(talk for talk in talks if talk["id"] == timer["conversation_id"])
    talk = here if place is None else talks[place]
    return {"conversation_id": talk["id"], "account_id": talk["account_id"]}


def _state(row: Mapping[str, Any]) -> State:
    try:
        return from_json(row["state"])
    except Exception:  # its own turn tells of that
        return State()


def _drop(tx: Connection, timers: Sequence[Mapping[Any, Any]]) -> None:
    now = now_of(tx)
    rows = [
        {
            "programme_id": row["programme_id"],
            "campaign_id": row["body"]["campaign"],
            "person_id": row["person_id"],
            "state": "dropped",
            "reason": CANCELLED,
            "changed_at": now,
        }
        for row in timers
    ]
    update_rows(tx, t.campaign_person, rows, match=_KEY)


@dataclass(frozen=True, slots=True)
class Note:
    """What a turn has told of a campaign. at: microseconds UTC."""

    programme: str
    person: str
    conversation: str
    reached: Reached
    at: int


def note(tx: Connection, notes: Iterable[Note]) -> None:
    """Keeps what became of campaigns; the last word on a person counts."""
    rows = {
        (one.programme, one.reached.campaign, one.person): {
            "programme_id": one.programme,
            "campaign_id": one.reached.campaign,
            "person_id": one.person,
            "conversation_id": one.conversation,
            "state": one.reached.became,
            "reason": one.reached.reason or None,
            "changed_at": one.at,
        }
        for one in notes
    }
    update_rows(tx, t.campaign_person, rows.values(), match=_KEY)


def cancelled(tx: Connection, talks: Iterable[Mapping[str, Any]], now: int) -> None:
    """All timers of these conversations were cancelled: she wants nothing more of our own accord."""
    columns = t.campaign_person.c
    for talk in talks:
        tx.execute(
            update(t.campaign_person)
            .where(
                columns.programme_id == talk["programme_id"],
                columns.conversation_id == talk["conversation_id"],
                columns.state.in_(WAITS),
            )
            .values(state="dropped", reason="stopped", changed_at=now)
        )


def join(tx: Connection, programme: str, leaves: str, stays: str) -> None:
    """Two persons turn out to be one: what both were to hear she hears once."""
    keys = [{"programme_id": programme, "person_id": person} for person in (leaves, stays)]
    names = (*_KEY, "conversation_id", "state")
    rows = find_rows(tx, t.campaign_person, keys, names, lock=True)
    hers = {row["campaign_id"]: row for row in rows if row["person_id"] == stays}
    for row in rows:
        if row["person_id"] == stays:
            continue
        other = hers.get(row["campaign_id"])
        if other is not None and (row["state"] in WAITS or other["state"] not in WAITS):
            _remove(tx, row)
            continue
        if other is not None:  # on the channel that joins she has heard it already
            _remove(tx, other)
        columns = t.campaign_person.c
        same = [columns[name] == row[name] for name in _KEY]
        tx.execute(update(t.campaign_person).where(*same).values(person_id=stays))


def _remove(tx: Connection, row: Mapping[str, Any]) -> None:
    delete_rows(tx, t.campaign_person, [{name: row[name] for name in _KEY}])
    timer = {"programme_id": row["programme_id"], "conversation_id": row["conversation_id"]}
    delete_rows(tx, t.timer, [{**timer, "key": campaign_key(row["campaign_id"])}])


# --- stopping ------------------------------------------------------------------------------------


def stop(tx: Connection, programme: str, campaign: str, why: str) -> bool:
    """Lets nothing more of it be said; `let_go` takes back what is planned. Whether it was running."""
    columns = t.campaign.c
    stopping = (
        update(t.campaign)
        .where(columns.programme_id == programme, columns.id == campaign, columns.state == "running")
        .values(state="stopping", why=why, changed_at=now_of(tx))
    )
    return bool(tx.execute(stopping).rowcount)


def stop_those_inviting_with(tx: Connection, programme: str, name: str, language: str, why: str) -> list[str]:
    """Stops the campaigns that invite with this approved message; their ids."""
    columns = t.campaign.c
    running = tx.execute(
        select(columns.id, columns.templates).where(
            columns.programme_id == programme, columns.state == "running"
        )
    )
    found = [row.id for row in running if [name, language] in row.templates]
    return [id for id in sorted(found) if stop(tx, programme, id, why)]


def is_any_stopping(tx: Connection) -> bool:
    return (
        tx.execute(select(t.campaign.c.id).where(t.campaign.c.state == "stopping").limit(1)).first()
        is not None
    )


def let_go(tx: Connection, limit: int = 256) -> int:
    """Takes back what is planned of campaigns that were stopped, a part at a time. How many people that were."""
    columns, now = t.campaign.c, now_of(tx)
    stopping = tx.execute(
        select(columns.programme_id, columns.id)
        .where(columns.state == "stopping")
        .order_by(columns.programme_id, columns.id)
        .with_for_update(skip_locked=True)
    ).all()
    gone = 0
    for programme, id in stopping:
        found = _take_back(tx, programme, id, limit - gone) or _forget_held(
            tx, programme, id, limit - gone, now
        )
        gone += found
        if not found:
            done = {"programme_id": programme, "id": id, "state": "stopped", "changed_at": now}
            update_rows(tx, t.campaign, [done], match=("programme_id", "id"))
        if gone >= limit:
            break
    return gone


def _take_back(tx: Connection, programme: str, campaign: str, limit: int) -> int:
    """Timers that have not rung. One that a worker has taken already is dropped when it wakes, or was said."""
    person, timer = t.campaign_person.c, t.timer.c
    waiting = (
        select(person.person_id, timer.conversation_id)
        .join(
            t.timer,
            and_(
                timer.programme_id == person.programme_id,
                timer.conversation_id == person.conversation_id,
                timer.key == campaign_key(campaign),
            ),
        )
        .where(
            person.programme_id == programme, person.campaign_id == campaign, person.state.in_(WAITS)
        )
        .limit(limit)
        .with_for_update(of=t.timer, skip_locked=True)
    )  # fmt: skip
    rows = tx.execute(waiting).all()
    of = {"programme_id": programme}
    delete_rows(
        tx, t.timer, [{**of, "conversation_id": talk, "key": campaign_key(campaign)} for _, talk in rows]
    )
    _drop(tx, [{**of, "person_id": one, "body": {"campaign": campaign}} for one, _ in rows])
    return len(rows)


def _forget_held(tx: Connection, programme: str, campaign: str, limit: int, now: int) -> int:
    """What waits for somebody's next word lies in her conversation: its own turn takes it out."""
    person, talk = t.campaign_person.c, t.conversation.c
    held = (
        select(person.person_id, talk.id, talk.account_id)
        .join(
            t.conversation, and_(talk.programme_id == person.programme_id, talk.id == person.conversation_id)
        )
        .where(
            person.programme_id == programme,
            person.campaign_id == campaign,
            person.state == "held",
            person.reason.is_(None),
        )
        .order_by(talk.programme_id, talk.id)
        .limit(limit)
    )
    rows = tx.execute(held).all()
    arrivals = [
        Arrival(
            programme,
            row.account_id,
            Inbound(
                f"campaign:{campaign}:over:{row.id}:{now}", "command", seed=secrets.token_hex(16),
                data={"campaign_over": campaign},
            ),
            now,
            conversation=row.id,
        )
        for row in rows
    ]  # fmt: skip
    accept(tx, arrivals)
    told = [
        {"programme_id": programme, "campaign_id": campaign, "person_id": row.person_id, "reason": CANCELLED}
        for row in rows
    ]
    update_rows(tx, t.campaign_person, told, match=_KEY)
    return len(rows)


# --- looking ---------------------------------------------------------------------------------------


def started(tx: Connection, programme: str) -> dict[str, Campaign]:
    """All campaigns of a programme that were ever started, by id."""
    columns = t.campaign.c
    names = ("programme_id", "id", "flow", "state", "why", "started_at")
    rows = tx.execute(
        select(*(columns[name] for name in names))
        .where(columns.programme_id == programme)
        .order_by(columns.id)
    )
    return {
        row.id: Campaign(row.programme_id, row.id, row.flow, row.state, row.why or "", row.started_at)
        for row in rows
    }


def counts(tx: Connection, programme: str, campaign: str) -> dict[tuple[str, str], int]:
    """How many people there are in each state: (state, reason) -> people.

    What was held longer than a reminder is held will not be said any more.
    """
    columns = t.campaign_person.c
    over = and_(columns.state == "held", columns.changed_at < now_of(tx) - HELD)
    state = case((over, "dropped"), else_=columns.state).label("became")
    reason = case((over, "too_old"), else_=func.coalesce(columns.reason, "")).label("of")
    found = tx.execute(
        select(state, reason, func.count())
        .where(columns.programme_id == programme, columns.campaign_id == campaign)
        .group_by(state, reason)
        .order_by(state, reason)
    )
    return {(str(one), str(why)): int(count) for one, why, count in found}
