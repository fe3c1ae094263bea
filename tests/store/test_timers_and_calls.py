"""Wishes to be woken, and work outside the engine."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from flows.due import due_at
from flows.values import Call, Timer
from store import tables as t
from store.calls import claim_calls, try_again
from store.clock import now_of
from store.timers import is_any_due, wake

HOUR = 3_600_000_000
MINUTE = 60_000_000


def wakes(town):
    with town.database.begin() as tx:
        return wake(tx)


def time_passes(town, span):
    """Everything that is to come is due so much earlier."""
    with town.database.begin() as tx:
        tx.execute(t.timer.update().values(due_at=t.timer.c.due_at - span))


def databases_now(town):
    with town.database.read() as tx:
        return now_of(tx)


def test_a_due_timer_becomes_an_inbound_once(town):
    town.talks("ana", timers=(Timer("remind", 3600, body={"about": "tip"}),))
    time_passes(town, HOUR - 60_000_000)
    with town.database.read() as tx:
        assert not is_any_due(tx)
    assert wakes(town) == 0
    time_passes(town, 60_000_000)
    with town.database.read() as tx:
        assert is_any_due(tx)
    assert wakes(town) == 1
    assert wakes(town) == 0
    (row,) = town.claims_one().rows
    assert row.inbound.kind == "timer"
    assert row.inbound.data == {"key": "remind", "body": {"about": "tip"}}
    assert len(row.inbound.seed) == 32


def test_a_timer_set_again_moves(town):
    town.talks("ana", timers=(Timer("remind", 60),))
    town.talks("ana", timers=(Timer("remind", 7200),))
    (timer,) = town.rows(t.timer)
    assert timer["due_at"] == pytest.approx(databases_now(town) + 2 * HOUR, abs=MINUTE)


def test_a_timer_rings_by_the_clock_of_the_database_whatever_its_worker_believes(town):
    town.now = 1  # the worker's clock stands still since 1970
    town.talks("ana", timers=(Timer("remind", 3600),))
    assert wakes(town) == 0
    (timer,) = town.rows(t.timer)
    assert timer["due_at"] == pytest.approx(databases_now(town) + HOUR, abs=MINUTE)


def test_a_cancelled_timer_is_gone_and_a_star_cancels_all(town):
    town.talks("ana", timers=(Timer("a", 60), Timer("b", 60), Timer("c", 60)))
    town.talks("ana", cancelled=("a",))
    assert {row["key"] for row in town.rows(t.timer)} == {"b", "c"}
    town.talks("ana", cancelled=("*",), timers=(Timer("d", 60),))
    assert {row["key"] for row in town.rows(t.timer)} == {"d"}


def test_a_timer_does_not_count_as_a_message_of_the_person(town):
    town.talks("ana", timers=(Timer("remind", 3600),))
    time_passes(town, HOUR)
    assert wakes(town) == 1
    assert town.rows(t.conversation)[0]["last_inbound"] == town.now


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-18 07:00", "2026-11-18 10:00"),
        ("2026-11-18 10:00", "2026-11-18 10:00"),
        ("2026-11-18 10:01", "2026-11-19 10:00"),
    ],
)
def test_a_timer_waits_for_its_local_hour(now, expected):
    zone = ZoneInfo("America/Lima")
    instant = int(datetime.fromisoformat(now).replace(tzinfo=zone).timestamp() * 1e6)
    due = due_at(Timer("t", 0, at="10:00"), instant, "America/Lima")
    assert datetime.fromtimestamp(due / 1e6, zone).strftime("%Y-%m-%d %H:%M") == expected


def test_a_call_is_handed_out_once_and_again_when_its_worker_died(town):
    finish = town.talks("ana", calls=(Call("c1", "picture", {"of": "radar"}),))

    def claimed(**more):
        with town.database.begin() as tx:
            return claim_calls(tx, **more)

    (calling,) = claimed(lease_seconds=-1)
    assert calling.call == Call("c1", "picture", {"of": "radar"})
    assert (calling.account, calling.conversation) == ("telegram/default", finish.conversation)
    (again,) = claimed()
    assert again.attempts == 2
    assert claimed() == []


def test_a_call_that_failed_is_due_again_soon_unless_somebody_else_has_it(town):
    town.talks("ana", calls=(Call("c1", "picture", {}),))
    with town.database.begin() as tx:
        (first,) = claim_calls(tx)
        try_again(tx, first, 0)
        (second,) = claim_calls(tx)
        try_again(tx, first, 0)  # it comes too late
        assert claim_calls(tx) == []
    assert second.attempts == 2
