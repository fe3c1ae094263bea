"""Persons whom another party reports: how long they stay, and that who was erased stays erased."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from store import tables as t
from store.clock import DAY
from store.erasure import erase, retire
from store.intake import Received, Reported, receive
from store.programmes import keep_programme

NOW = 1_795_000_000_000_000  # a day in November 2026


@pytest.fixture
def report(database):
    """Reports that somebody played a film, so many days ago, and says what became of it."""
    with database.begin() as tx:
        keep_programme(tx, "pe", zone="America/Lima", now=NOW)

    def one(pseudonym, *, days, id=None, now=NOW, **more):
        event = Reported(
            id or f"{pseudonym}-{days}", pseudonym, "video_played", NOW - days * DAY, {"film": "V05"}, **more
        )
        with database.begin() as tx:
            return receive(tx, "pe", "portal", [event], now)

    return one


def rows(database, table):
    with database.read() as tx:
        return [dict(row) for row in tx.execute(select(table)).mappings()]


def erase_all(database, now):
    with database.begin() as tx:
        erase(tx, [(row["programme_id"], row["id"]) for row in rows(database, t.person)], now=now)


def test_who_was_heard_of_within_a_year_stays(database, report):
    report("ana", days=364)
    with database.begin() as tx:
        retire(tx, now=NOW)
    assert len(rows(database, t.person)) == 1


def test_who_was_not_heard_of_for_a_year_is_erased_with_everything(database, report):
    report("ana", days=366)
    report("ben", days=1)
    with database.begin() as tx:
        retire(tx, now=NOW)
    (ben,) = rows(database, t.person)
    for table in (t.event, t.consent, t.person_fact, t.person_day):
        assert {row["person_id"] for row in rows(database, table)} == {ben["id"]}, table.name
    assert [row["plays"] for row in rows(database, t.film_day) if row["plays"]] == [1]


def test_old_events_of_somebody_active_go_after_two_years_and_she_stays(database, report):
    report("ana", days=700)
    report("ana", days=1)
    with database.begin() as tx:
        retire(tx, now=NOW + 31 * DAY)
    (event,) = rows(database, t.event)
    assert event["occurred_at"] == NOW - DAY
    assert len(rows(database, t.person)) == 1


def test_a_test_person_is_let_go_of_like_any_other(database, report):
    report("ana", days=366, is_test=True)
    with database.begin() as tx:
        retire(tx, now=NOW)
    assert rows(database, t.person) == rows(database, t.event) == []


def test_what_happened_before_an_erasure_stays_erased_when_it_is_reported_again(database, report):
    report("ana", days=3)
    erase_all(database, NOW - 2 * DAY)
    assert report("ana", days=3) == Received(0, 1)
    assert rows(database, t.person) == rows(database, t.event) == []


def test_who_comes_back_after_an_erasure_begins_anew(database, report):
    report("ana", days=3)
    erase_all(database, NOW - 2 * DAY)
    assert report("ana", days=1) == Received(1, 0)
    assert len(rows(database, t.person)) == 1


def test_after_a_second_erasure_the_later_one_counts(database, report):
    report("ana", days=5)
    erase_all(database, NOW - 4 * DAY)
    report("ana", days=3)
    erase_all(database, NOW - 2 * DAY)
    assert report("ana", days=3) == Received(0, 1)
