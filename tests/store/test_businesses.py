"""A person may speak for several businesses: each is kept, given up and forgotten for itself."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from sqlalchemy import select

from flows.state import Assessment, Business, Frame, State
from flows.values import Consent, Event, Reply, Turn
from store import erasure, read_models
from store import tables as t
from store.engine import open_database
from store.turns import FinishedTurn, finish_turns
from store.writer import Writer

DAY = 86_400_000_000
STALL = Business("b1", "own", {"sector": "food"})
SHOP = Business("b2", "assisted", {"sector": "crafts"})
OTHER = ({"id": "b1", "label": "food", "role": "own"},)
PLAYED = (Event("video_played", {"film": "V01"}),)


def refusing(state: State) -> State:
    """The same talk after she said no to keeping what it is about."""
    return replace(state, business=replace(state.business, consent={"guidance": False}))


def has_two_businesses(town) -> State:
    """Ana has a stall, and a shop that she speaks for now; a film was played for each."""
    town.talks("ana", town.agreed(STALL, assessment=Assessment("a1", "quick", "1")), events=PLAYED)
    state = town.agreed(SHOP, businesses=OTHER, assessment=Assessment("a2", "quick", "1"))
    town.talks("ana", state, events=PLAYED)
    town.writes("ana", "no")
    return town.claims_one()


def figures(town):
    """All read models, summed over the shards, without what has become nothing."""
    found = {}
    for table in read_models.TABLES:
        keys = [c.name for c in table.primary_key if c.name != "shard"]
        for row in town.rows(table):
            key = (table.name, *(row[name] for name in keys))
            earlier = found.get(key)
            rest = {name: value for name, value in row.items() if name not in table.primary_key.columns}
            found[key] = read_models.merge(table.name, earlier, rest) if earlier else rest
    return {key: row for key, row in found.items() if any(row.values())}


def follow_from_the_events(town) -> bool:
    kept = figures(town)
    with town.database.begin() as tx:
        read_models.rebuild(tx, "pe")
    return kept == figures(town)


def test_what_is_known_of_a_business_and_its_check_comes_back(town):
    business = replace(town.agreed(STALL).business, registered=True)
    check = Assessment("a1", "quick", "1", started=town.now, cycle="T1")
    town.talks("ana", State(business=business, assessment=check))
    town.writes("ana")
    state = town.claims_one().state
    assert state.business == replace(business, version=1)
    assert state.assessment == replace(check, version=1)


def test_who_gives_up_one_business_keeps_the_other(town):
    claimed = has_two_businesses(town)
    consents = (Consent("guidance", False, "h", "es", "b2"),)
    town.finishes(town.finished(claimed, refusing(claimed.state), consents=consents))
    assert [row["id"] for row in town.rows(t.business)] == ["b1"]
    assert [row["id"] for row in town.rows(t.assessment)] == ["a1"]
    assert [row["business_id"] for row in town.rows(t.membership)] == ["b1"]
    assert [row["business_id"] for row in town.rows(t.event)] == ["b1"]
    assert [row["business_id"] for row in town.rows(t.consent)] == ["b2"]
    assert [row["plays"] for row in town.rows(t.person_fact)] == [1]
    assert follow_from_the_events(town)


def test_changing_to_another_business_gives_up_none(town):
    claimed = has_two_businesses(town)
    there = ({"id": "b2", "label": "crafts", "role": "assisted"},)
    town.finishes(town.finished(claimed, State(business=Business("b1", "own"), businesses=there)))
    assert {row["id"] for row in town.rows(t.business)} == {"b1", "b2"}
    assert len(town.rows(t.event)) == 2
    town.writes("ana")
    state = town.claims_one().state
    assert (state.business.id, state.business.profile, state.assessment.id) == (
        "b1",
        {"sector": "food"},
        "a1",
    )


def test_who_changes_to_a_business_that_is_gone_begins_with_nothing(town):
    claimed = has_two_businesses(town)
    with town.database.begin() as tx:
        erasure.withdraw(
            tx, [erasure.Withdrawal("pe", claimed.person, "b1")], talks=[("pe", claimed.conversation)]
        )
    town.finishes(town.finished(claimed, State(business=Business("b1", "own"))))
    town.writes("ana")
    assert town.claims_one().state.business is None


def test_what_happened_before_a_withdrawal_in_the_same_batch_is_not_written(town):
    town.talks("ana", town.agreed(STALL))
    town.writes("ana", "una película")
    town.writes("ana", "no guardes nada")
    claimed = town.claims_one()
    turns = (
        (claimed.rows[0], Turn(claimed.state, events=PLAYED)),
        (claimed.rows[1], Turn(refusing(claimed.state))),
    )
    town.finishes(FinishedTurn(claimed, turns, town.now))
    assert town.rows(t.event) == town.rows(t.business) == town.rows(t.film_day) == []


def test_a_yes_that_is_taken_back_in_the_same_batch_leaves_nothing(town):
    town.writes("ana", "sí")
    town.writes("ana", "no")
    claimed = town.claims_one()
    agreed = town.agreed(STALL)
    turns = ((claimed.rows[0], Turn(agreed, events=PLAYED)), (claimed.rows[1], Turn(refusing(agreed))))
    town.finishes(FinishedTurn(claimed, turns, town.now))
    assert town.rows(t.event) == town.rows(t.business) == town.rows(t.membership) == []
    assert town.rows(t.conversation)[0]["kept"] is False


def test_a_no_that_is_taken_back_in_the_same_batch_keeps_the_business_but_not_what_happened(town):
    town.talks("ana", town.agreed(STALL, assessment=Assessment("a1", "quick", "1")), events=PLAYED)
    for text in ("no", "sí"):
        town.writes("ana", text)
    claimed = town.claims_one()
    turns = (
        (claimed.rows[0], Turn(refusing(claimed.state), events=PLAYED)),
        (claimed.rows[1], Turn(claimed.state, events=(Event("visit_started"),))),
    )
    assert town.finishes(FinishedTurn(claimed, turns, town.now))[0].outcome == "written"
    assert [row["id"] for row in town.rows(t.assessment)] == ["a1"]
    assert [row["kind"] for row in town.rows(t.event)] == ["visit_started"]
    assert follow_from_the_events(town)


def on_two_channels(town):
    """Ana's telegram and web conversations belong to one person, as after a one-time code."""
    town.talks("ana", town.agreed(STALL))
    town.talks("ana.web", State(language="es", frames=(Frame("f", "s1"),)), account="web")
    people = {row["account_id"]: row["person_id"] for row in town.rows(t.conversation)}
    with town.database.begin() as tx:
        for table in (t.conversation, t.identity):
            both = table.update().where(table.c.person_id == people["web"])
            tx.execute(both.values(person_id=people["telegram/default"]))
    town.writes("ana")
    town.writes("ana.web", account="web")
    return sorted(town.claims(), key=lambda one: one.account)


def test_a_turn_at_work_on_another_channel_is_done_again_after_a_withdrawal(town):
    on_telegram, on_web = on_two_channels(town)
    assert on_web.state.business.id == "b1"
    town.finishes(town.finished(on_telegram, refusing(on_telegram.state)))
    late = town.finished(on_web, on_web.state, events=PLAYED)
    assert town.finishes(late)[0].outcome == "fenced"
    assert town.rows(t.event) == []
    assert town.claims_one().state.business is None


def test_a_turn_of_another_channel_in_the_batch_of_a_withdrawal_is_done_again(town):
    on_telegram, on_web = on_two_channels(town)
    outcomes = town.finishes(
        town.finished(on_web, on_web.state, events=PLAYED),
        town.finished(on_telegram, refusing(on_telegram.state)),
    )
    assert [one.outcome for one in outcomes] == ["lost", "written"]
    assert town.rows(t.event) == []


def test_another_channel_forgets_that_there_was_such_a_business(town):
    on_telegram, on_web = on_two_channels(town)
    town.finishes(town.finished(on_web, town.agreed(SHOP, businesses=OTHER)))
    town.finishes(town.finished(on_telegram, refusing(on_telegram.state)))
    talks = {row["account_id"]: row["state"] for row in town.rows(t.conversation)}
    assert "businesses" not in talks["web"]


def test_an_unkept_talk_on_one_channel_leaves_the_other_where_it_was(town):
    on_telegram, on_web = on_two_channels(town)
    town.finishes(town.finished(on_web, State(business=SHOP, businesses=OTHER)))
    town.finishes(town.finished(on_telegram, on_telegram.state))
    town.writes("ana")
    town.writes("ana.web", account="web")
    found = {one.account: one.state.business.id for one in town.claims()}
    assert found == {"telegram/default": "b1", "web": "b2"}


def test_of_two_businesses_begun_at_once_one_is_the_current_one(town, database_url, secret):
    other = open_database(database_url, secret=secret)
    writers = [Writer(town.database), Writer(other)]
    for n in range(8):
        claimed = on_two_channels(town) if n == 0 else again(town)
        futures = [
            writer.submit(finish_turns, town.finished(one, town.agreed(Business(f"n{n}.{one.channel}", "own", {"a": "b"}))))
            for writer, one in zip(writers, claimed, strict=True)
        ]  # fmt: skip
        assert [future.result(20).outcome for future in futures] == ["written", "written"]
        assert sum(row["current"] for row in town.rows(t.membership)) == 1
    for writer in writers:
        writer.stop()
    other.close()


def again(town):
    town.writes("ana")
    town.writes("ana.web", account="web")
    return sorted(town.claims(), key=lambda one: one.account)


def test_two_channels_in_one_batch_begin_two_businesses_and_the_last_one_is_current(town):
    on_telegram, on_web = on_two_channels(town)
    outcomes = town.finishes(
        town.finished(on_telegram, town.agreed(SHOP)),
        town.finished(on_web, town.agreed(Business("b3", "own", {"sector": "c"}))),
    )
    assert [one.outcome for one in outcomes] == ["written", "written"]
    assert [row["business_id"] for row in town.rows(t.membership) if row["current"]] == ["b3"]


def retires(town, later) -> bool:
    with town.database.begin() as tx:
        return erasure.retire(tx, now=town.now + later)


def test_after_a_day_an_unkept_business_is_forgotten_and_its_person_is_not(town):
    town.talks("ana", town.agreed(STALL))
    unkept = State(
        language="es",
        business=SHOP,
        assessment=Assessment("a2", "quick", "1"),
        frames=(Frame("quick_check", "s1", notes={"said": "x"}),),
        answers={"why": "x"},
        businesses=OTHER,
    )
    town.talks("ana", unkept)
    retires(town, DAY)
    assert town.rows(t.conversation)[0]["state"]["business"]["id"] == "b2"
    retires(town, DAY + 1)
    (talk,) = town.rows(t.conversation)
    assert talk["state"].keys() == {"language", "frames", "asked", "last_inbound", "businesses"}
    assert (talk["state"]["frames"], talk["structures"]) == ([], None)
    town.writes("ana")
    assert town.claims_one().state.business.id == "b1"


def test_what_is_being_worked_on_is_not_forgotten_meanwhile(town):
    town.talks("ana", town.agreed(STALL))
    town.talks("ana", State(business=SHOP, businesses=OTHER))
    with town.database.begin() as tx:
        tx.execute(t.conversation.update().values(ready_at=1))
    retires(town, DAY + 1)
    assert town.rows(t.conversation)[0]["state"]["business"]["id"] == "b2"


def test_after_the_last_business_is_given_up_the_person_goes_after_a_day(town):
    town.talks("ana", town.agreed(STALL))
    town.writes("ana", "no")
    claimed = town.claims_one()
    town.finishes(town.finished(claimed, refusing(claimed.state)))
    retires(town, DAY + 1)
    assert town.rows(t.person) == town.rows(t.conversation) == []


def test_an_event_says_in_which_role_she_speaks_and_under_which_version(town):
    claimed = has_two_businesses(town)
    turn = Turn(claimed.state, events=PLAYED, replies=(Reply("a"),))
    town.finishes(FinishedTurn(claimed, ((claimed.rows[0], turn),), town.now, pack_version="v7"))
    found = [(row["business_id"], row["role"], row["pack_version"]) for row in town.rows(t.event)]
    assert sorted(found, key=str) == [("b1", "own", None), ("b2", "assisted", "v7"), ("b2", "assisted", None)]


@pytest.mark.parametrize("forgetting", ["a person", "a business", "old events"])
def test_two_workers_that_forget_the_same_subtract_it_once(town, database_url, secret, forgetting):
    town.talks("ana", town.agreed(STALL), events=PLAYED)
    town.talks("ben", town.agreed(), events=PLAYED)
    with town.database.read() as tx:
        ana = tx.execute(select(t.membership.c.person_id).where(t.membership.c.business_id == "b1")).scalar()
    other = open_database(database_url, secret=secret)

    def forget(tx):
        if forgetting == "a person":
            erasure.erase(tx, [("pe", ana)], now=town.now)
        elif forgetting == "a business":
            erasure.withdraw(tx, [erasure.Withdrawal("pe", ana, "b1")], talks=[])
        else:
            erasure.retire(tx, now=town.now + 731 * DAY)

    def forget_too():
        with other.begin() as tx:
            forget(tx)

    rival = threading.Thread(target=forget_too)
    with town.database.begin() as tx:
        forget(tx)
        rival.start()
        rival.join(0.3)  # it has looked by now, and waits
    rival.join()
    other.close()
    left = 0 if forgetting == "old events" else 1
    assert sum(row["plays"] for row in town.rows(t.film_day)) == left
    assert follow_from_the_events(town)
