"""Opt-outs for each message, against a slow count; and that a few people are never told apart."""

from __future__ import annotations

import pytest

from analytics.opt_outs import OptOuts, in_words, opt_outs
from store import events
from store.scope import Scope
from tests.api.serving import now


def happens(here, who, kind, programme="base", is_test=False, **data):
    row = events.row(
        programme, kind, occurred_at=now(), recorded_at=now(), zone="UTC", channel="web",
        data=data, person=f"{programme}-{who}", is_test=is_test,
    )  # fmt: skip
    with here.database.begin() as tx:
        events.append(tx, [row])


def found(here, *programmes, campaign=None):
    with here.database.read() as tx:
        return opt_outs(tx, Scope(frozenset(programmes or {"base"})), campaign=campaign)


def hears(here, people, opting_out, *, reminder="season", **campaign):
    """So many people hear it, and some of them want nothing more."""
    for who in range(people):
        happens(here, who, "reminder_said", reminder=reminder, **campaign)
    for who in range(opting_out):
        happens(here, who, "opted_out", after=reminder, **campaign)


def test_opt_outs_are_put_down_to_the_reminder_that_was_said_last(here):
    hears(here, 20, 6, campaign="fair")
    hears(here, 10, 0)  # the same flow, as a reminder of its own
    hears(here, 8, 5, reminder="did_you_do_it")
    happens(here, 99, "opted_out", after=None)
    assert found(here) == [
        OptOuts("season", "fair", 20, 6),
        OptOuts("season", None, 10, 0),
        OptOuts("did_you_do_it", None, 8, 5),
    ]
    assert found(here, campaign="fair") == [OptOuts("season", "fair", 20, 6)]


def test_trials_and_other_programmes_are_not_counted(here):
    hears(here, 6, 0)
    happens(here, 50, "reminder_said", is_test=True, reminder="season")
    happens(here, 51, "reminder_said", programme="pe", reminder="season")
    assert found(here) == [OptOuts("season", None, 6, 0)]
    assert found(here, "base", "pe") == [OptOuts("season", None, 7, 0)]
    assert found(here, "nobody") == []


@pytest.mark.parametrize(
    ("said", "opted_out", "rate"),
    [(100, 5, 0.05), (100, 0, 0.0), (100, 4, None), (100, 1, None), (4, 0, None), (5, 5, 1.0)],
)
def test_a_rate_that_would_tell_of_a_few_people_is_not_told(said, opted_out, rate):
    assert OptOuts("season", None, said, opted_out).rate == rate


def test_a_few_people_are_told_as_a_few():
    assert [in_words(n) for n in (0, 1, 4, 5, 1234)] == ["0", "fewer than 5", "fewer than 5", "5", "1,234"]
