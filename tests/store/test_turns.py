"""A batch of turns is written in one transaction, and a conversation whole or not at all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flows.state import Assessment, Business, Frame, State, Waiting
from flows.values import Call, Consent, Event, Inbound, Reply, Timer, Turn
from store import tables as t
from store.inbox import Arrival, accept
from store.turns import MOST_ATTEMPTS, Failure, FinishedTurn, finish_turns, size_of
from store.writer import Writer

SHOP = Business("b1", "own", {"sector": "food"})


def test_state_replies_events_timers_calls_and_consents_are_written_together(town):
    consent = Consent("guidance", True, "h", "es")
    finish = town.talks(
        "ana",
        replies=(Reply("¡Hola!"), Reply("¿Seguimos?", "question", expects="one")),
        events=(Event("person_registered"),),
        timers=(Timer("remind", 3600),),
        calls=(Call("c1", "picture"),),
        consents=(consent,),
        counts=("not_kept",),
    )
    assert finish.outcome == "written"
    (talk,) = town.rows(t.conversation)
    assert (talk["version"], talk["done_seq"], talk["ready_at"], talk["kept"]) == (1, 1, None, True)
    assert [row["body"]["text"] for row in town.rows(t.outbox)] == ["¡Hola!", "¿Seguimos?"]
    assert [row["asks"] for row in town.rows(t.outbox)] == [False, True]
    assert [row["kind"] for row in town.rows(t.event)] == ["person_registered"]
    assert [row["key"] for row in town.rows(t.timer)] == ["remind"]
    assert [row["name"] for row in town.rows(t.call)] == ["picture"]
    assert [row["purpose"] for row in town.rows(t.consent)] == ["guidance"]
    assert [(row["name"], row["n"]) for row in town.rows(t.tally)] == [("not_kept", 1)]


def test_the_state_comes_back_as_it_was_written(town):
    state = town.agreed(
        SHOP,
        frames=(Frame("diagnostic", "s1", 3, notes={"z": 1, "a": [2]}),),
        answers={"second": "b", "first": "a"},
        assessment=Assessment("a1", "quick", "1.0", {"P2": "yes", "P1": "no"}, started=town.now),
        businesses=({"id": "b0", "label": "food"},),
    )
    town.talks("ana", state)
    town.writes("ana")
    found = town.claims_one().state
    assert found == replace(
        state, business=replace(state.business, version=1), assessment=replace(state.assessment, version=1)
    )
    assert list(found.assessment.answers) == ["P2", "P1"]  # an order may be an answer
    assert list(found.answers) == ["second", "first"]


def test_without_consent_business_and_assessment_stay_in_the_conversation(town):
    state = State(language="es", business=SHOP, assessment=Assessment("a1", "quick", "1.0", started=1))
    town.talks("ana", state, events=(Event("diagnostic_started"),))
    assert town.rows(t.business) == town.rows(t.assessment) == town.rows(t.event) == []
    town.writes("ana")
    assert town.claims_one().state == state


def test_a_later_consent_moves_them_into_their_tables(town):
    state = State(language="es", business=SHOP, assessment=Assessment("a1", "quick", "1.0", started=1))
    town.talks("ana", state)
    town.talks("ana", replace(state, business=replace(SHOP, consent={"guidance": True})))
    assert [row["id"] for row in town.rows(t.business)] == ["b1"]
    assert [row["business_id"] for row in town.rows(t.assessment)] == ["b1"]
    assert "business" not in town.rows(t.conversation)[0]["state"]


def test_taking_the_consent_back_takes_business_and_events_away(town):
    state = town.agreed(SHOP)
    town.talks("ana", state, events=(Event("person_registered"),))
    town.writes("ana")
    claimed = town.claims_one()
    refused = replace(claimed.state.business, consent={"guidance": False})
    town.finishes(town.finished(claimed, replace(claimed.state, business=refused)))
    for table in (t.business, t.membership, t.event, t.person_fact, t.person_day):
        assert town.rows(table) == []
    town.writes("ana")
    # the talk itself goes on for a day
    assert town.claims_one().state.business == replace(SHOP, consent={"guidance": False})


def test_no_event_is_earlier_than_the_consent_to_statistics(town):
    town.writes("ana", "hola")
    town.now += 60_000_000
    town.writes("ana", "sí")
    claimed = town.claims_one()
    before, after = claimed.rows
    town.now += 1_000_000
    agreed = town.agreed(SHOP)
    refused = replace(agreed, business=replace(SHOP, consent={"guidance": True}))
    consent = Consent("statistics", True, "h", "es", "b1")
    turns = (
        (before, Turn(refused, events=(Event("visit_started"),))),
        (after, Turn(agreed, events=(Event("consent_given"),), consents=(consent,))),
    )
    town.finishes(FinishedTurn(claimed, turns, town.now))
    (event,), (consent_row,) = town.rows(t.event), town.rows(t.consent)
    assert event["kind"] == "consent_given"
    assert event["occurred_at"] >= consent_row["at"]


def test_an_event_carries_its_envelope(town):
    state = town.agreed(SHOP, assessment=Assessment("a1", "full", "1.0", started=1))
    town.writes("ana")
    claimed = town.claims_one()
    turn = Turn(state, events=(Event("question_answered", {"item": "P1", "points": 2}, "a1"),))
    town.finishes(FinishedTurn(claimed, ((claimed.rows[0], turn),), town.now + 5, pack_version="v7"))
    (event,) = town.rows(t.event)
    assert event["data"] == {"item": "P1", "points": 2}
    assert (event["business_id"], event["assessment_id"], event["mode"]) == ("b1", "a1", "full")
    assert (event["channel"], event["language"], event["pack_version"]) == ("telegram", "es", "v7")
    assert (event["occurred_at"], event["recorded_at"]) == (town.now, town.now + 5)
    assert event["local_day"] == "2026-11-18"
    assert event["person_id"] == claimed.person


def test_three_messages_of_one_person_in_one_batch_are_one_written_state(town):
    for text in ("uno", "dos", "tres"):
        town.writes("ana", text)
    claimed = town.claims_one()
    turns = tuple(
        (row, Turn(town.agreed(asked=row.seq), replies=(Reply(row.inbound.text),))) for row in claimed.rows
    )
    town.finishes(FinishedTurn(claimed, turns, town.now))
    (talk,) = town.rows(t.conversation)
    assert talk["version"] == 1
    assert talk["state"]["asked"] == 3
    assert [row["body"]["text"] for row in town.rows(t.outbox)] == ["uno", "dos", "tres"]
    assert [row["cause"] for row in town.rows(t.outbox)] == [1, 2, 3]


def test_what_came_in_meanwhile_can_be_claimed_at_once(town):
    town.writes("ana", "uno")
    claimed = town.claims_one()
    town.writes("ana", "dos")
    town.finishes(town.finished(claimed))
    assert [row.inbound.text for row in town.claims_one().rows] == ["dos"]


def test_a_lost_fence_among_a_hundred_writes_nothing_of_that_one(town):
    for n in range(100):
        town.writes(f"p{n}")
    (zombie,) = town.claims(limit=1, lease_seconds=-1)
    claimed = town.claims()  # another worker takes all, the zombie's too
    assert len(claimed) == 100
    batch = [zombie, *(one for one in claimed if one.conversation != zombie.conversation)]
    outcomes = town.finishes(*(town.finished(one, replies=(Reply("a"),)) for one in batch))
    assert [finish.outcome for finish in outcomes] == ["fenced"] + ["written"] * 99
    assert len(town.rows(t.outbox)) == 99
    assert zombie.conversation not in {row["conversation_id"] for row in town.rows(t.outbox)}


def test_the_same_work_handed_in_twice_is_written_once(town):
    town.writes("ana")
    finished = town.finished(town.claims_one(), replies=(Reply("a"),))
    assert town.finishes(finished)[0].outcome == "written"
    assert town.finishes(finished)[0].outcome == "fenced"
    assert len(town.rows(t.outbox)) == 1


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["the zombie first", "the holder first"])
def test_a_zombie_in_the_batch_of_the_holder_writes_nothing(town, order):
    town.writes("ana")
    (zombie,) = town.claims(lease_seconds=-1)
    holder = town.claims_one()
    both = [town.finished(zombie, replies=(Reply("old"),)), town.finished(holder, replies=(Reply("new"),))]
    outcomes = dict(zip(order, town.finishes(*(both[n] for n in order)), strict=True))
    assert [outcomes[n].outcome for n in (0, 1)] == ["fenced", "written"]
    assert [row["body"]["text"] for row in town.rows(t.outbox)] == ["new"]


def test_the_same_work_twice_in_one_batch_is_written_once(town):
    town.writes("ana")
    finished = town.finished(town.claims_one(), replies=(Reply("a"),))
    assert [finish.outcome for finish in town.finishes(finished, finished)] == ["written", "fenced"]
    assert len(town.rows(t.outbox)) == 1


def test_a_poison_turn_among_a_hundred_fails_alone(town):
    for n in range(100):
        town.writes(f"p{n}")
    claimed = town.claims()
    writer = Writer(town.database)
    futures = []
    for n, one in enumerate(claimed):
        broken = n == 41  # no database takes a set
        state = town.agreed(answers={"a": {1, 2}} if broken else {})
        futures.append(writer.submit(finish_turns, town.finished(one, state)))
    errors = [n for n, future in enumerate(futures) if future.exception()]
    writer.stop()
    assert errors == [41]
    assert sum(row["version"] for row in town.rows(t.conversation)) == 99


def test_of_two_channels_that_change_one_business_the_later_one_is_told_and_writes_nothing(town):
    on_telegram, on_web = share_a_business(town)
    first = replace(on_telegram.state, business=replace(on_telegram.state.business, profile={"sector": "a"}))
    second = replace(on_web.state, business=replace(on_web.state.business, profile={"sector": "b"}))
    assert town.finishes(town.finished(on_telegram, first))[0].outcome == "written"
    assert town.finishes(town.finished(on_web, second, replies=(Reply("x"),)))[0].outcome == "lost"
    assert town.rows(t.business)[0]["profile"] == {"sector": "a"}
    assert town.rows(t.outbox) == []
    again = town.claims_one()  # at once, with what the other channel wrote
    assert again.conversation == on_web.conversation
    assert again.state.business.profile == {"sector": "a"}
    assert len(again.rows) == 1


def test_two_channels_in_one_batch_do_not_overwrite_each_other(town):
    claimed = share_a_business(town)
    finished = [
        town.finished(
            one, replace(one.state, business=replace(one.state.business, profile={"sector": one.channel}))
        )
        for one in claimed
    ]
    assert [finish.outcome for finish in town.finishes(*finished)] == ["written", "lost"]
    assert town.rows(t.business)[0]["profile"] == {"sector": claimed[0].channel}


def test_two_channels_that_only_talk_do_not_disturb_each_other(town):
    claimed = share_a_business(town)
    finished = [town.finished(one, replace(one.state, asked=9)) for one in claimed]
    assert {finish.outcome for finish in town.finishes(*finished)} == {"written"}


def test_who_goes_back_to_an_earlier_business_finds_it_as_it_was(town):
    town.talks("ana", town.agreed(SHOP))
    stall = Business("b2", "own", {"sector": "crafts"})
    town.talks("ana", town.agreed(stall, businesses=({"id": "b1", "label": "food"},)))
    # she changes to it with its id and role alone
    town.talks("ana", State(business=Business("b1", "own"), businesses=({"id": "b2", "label": "crafts"},)))
    town.writes("ana")
    assert town.claims_one().state.business == replace(town.agreed(SHOP).business, version=1)
    assert {row["business_id"]: row["current"] for row in town.rows(t.membership)} == {
        "b1": True,
        "b2": False,
    }


def test_a_turn_that_raises_is_tried_again_and_given_up_after_five_times(town):
    town.writes("ana", "veneno")
    sorry = Reply("Algo salió mal.")
    for attempt in range(1, MOST_ATTEMPTS + 1):
        make_ready(town)
        claimed = town.claims_one()
        assert claimed.rows[0].attempts == attempt - 1
        failure = Failure(claimed.rows[0], "KeyError in step x", (sorry,))
        (finish,) = town.finishes(FinishedTurn(claimed, (), town.now, failure=failure))
        assert finish.gave_up == (attempt == MOST_ATTEMPTS)
    assert [row["error"] for row in town.rows(t.dead_letter)] == ["KeyError in step x"]
    assert [row["body"]["text"] for row in town.rows(t.outbox)] == ["Algo salió mal."]
    town.writes("ana", "hola")
    assert [row.inbound.text for row in town.claims_one().rows] == ["hola"]  # her talk goes on


def test_after_a_turn_was_given_up_she_is_in_the_middle_of_nothing(town):
    frames = (Frame("quick_check", "s1"),)
    town.talks("ana", town.agreed(SHOP, frames=frames, waiting=Waiting(3), trail=((("welcome", "s0", 0),),)))
    town.writes("ana", "veneno")
    claimed = town.claims_one()
    last = replace(claimed.rows[0], attempts=MOST_ATTEMPTS - 1)
    town.finishes(FinishedTurn(claimed, (), town.now, failure=Failure(last, "UnknownVersionError")))
    town.writes("ana", "menu")
    state = town.claims_one().state
    assert (state.frames, state.waiting, state.trail) == ((), None, ())
    assert state.business.id == "b1"


def test_a_long_answer_counts_for_more_in_a_batch_than_a_short_one(town):
    town.writes("ana")
    claimed = town.claims_one()
    short, long = (town.finished(claimed, replies=(Reply(text),)) for text in ("a", "a" * 50_000))
    assert size_of(long) - size_of(short) == 49_999


def test_turns_before_the_failed_one_are_kept(town):
    town.writes("ana", "bien")
    town.writes("ana", "veneno")
    claimed = town.claims_one()
    turns = ((claimed.rows[0], Turn(town.agreed(), replies=(Reply("sí"),))),)
    town.finishes(FinishedTurn(claimed, turns, town.now, failure=Failure(claimed.rows[1], "broke")))
    assert len(town.rows(t.outbox)) == 1
    assert town.claims() == []  # it rests before the next try
    make_ready(town)
    assert [row.inbound.text for row in town.claims_one().rows] == ["veneno"]


def test_the_result_of_a_call_ends_the_call(town):
    finish = town.talks("ana", calls=(Call("c1", "picture", {"of": "radar"}),))
    result = Inbound("call:c1", kind="result", seed="0" * 32, data={"id": "c1", "ok": True})
    with town.database.begin() as tx:
        accept(tx, [Arrival("pe", "telegram/default", result, town.now, conversation=finish.conversation)])
    assert town.rows(t.call) == []
    assert town.claims_one().rows[0].inbound.data["ok"] is True


def test_a_turn_after_one_that_erases_is_refused(town):
    town.writes("ana")
    town.writes("ana")
    claimed = town.claims_one()
    turns = ((claimed.rows[0], Turn(State(), erase=True)), (claimed.rows[1], Turn(State())))
    with pytest.raises(ValueError, match="last one"):
        town.finishes(FinishedTurn(claimed, turns, town.now))


def test_the_number_of_statements_does_not_grow_with_the_batch(town, count_statements):
    def statements_for(people: range) -> int:
        for n in people:
            town.writes(f"p{n}")
        finished = []
        for n, one in enumerate(town.claims()):
            business = Business(f"b{people.start}.{n}", "own")
            finished.append(
                town.finished(
                    one,
                    town.agreed(business, assessment=Assessment(f"a{business.id}", "quick", "1", started=1)),
                    replies=(Reply("a"), Reply("b")),
                    events=(Event("visit_started"), Event("video_played", {"film": "V1"})),
                    timers=(Timer("t", 60),),
                    calls=(Call(f"c{n}", "x"),),
                    consents=(Consent("guidance", True, "h", "es"),),
                    counts=("c",),
                )
            )
        with count_statements(town.database) as counted, town.database.begin() as tx:
            finish_turns(tx, finished)
        return len(counted)

    assert statements_for(range(2)) == statements_for(range(10, 50))


def share_a_business(town):
    """Ana's telegram and web conversations belong to one person, as after a one-time code."""
    town.talks("ana", town.agreed(SHOP))
    town.talks("ana.web", State(language="es"), account="web")
    people = {row["account_id"]: row["person_id"] for row in town.rows(t.conversation)}
    with town.database.begin() as tx:
        for table in (t.conversation, t.identity):
            tx.execute(
                table.update()
                .where(table.c.person_id == people["web"])
                .values(person_id=people["telegram/default"])
            )
    town.writes("ana")
    town.writes("ana.web", account="web")
    claimed = sorted(town.claims(), key=lambda one: one.account)
    assert [one.state.business.id for one in claimed] == ["b1", "b1"]
    return claimed


def make_ready(town):
    """The rest after a failure is over."""
    with town.database.begin() as tx:
        ready = t.conversation.c.ready_at.is_not(None)
        tx.execute(t.conversation.update().where(ready).values(ready_at=1))
