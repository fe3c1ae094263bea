"""Campaigns in the database: planned once for a person, said where she is now, taken back when it is stopped."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flows.state import State
from flows.values import Reached, Timer
from store import campaigns, erasure, merging, template_states
from store import tables as t
from store.campaigns import Planned
from store.template_states import TemplateNews
from store.timers import wake
from tests.store.test_timers_and_calls import time_passes

DAY = 86_400_000_000
BODY = {"flow": "fair", "at": "10:00", "outside": "invite", "campaign": "fair"}
TEMPLATE = ("come_back", "es")


def begins(town, campaign="fair"):
    with town.database.begin() as tx:
        campaigns.begin(tx, "pe", campaign, flow="fair", templates=[TEMPLATE], now=town.now)


def plans(town, *who, campaign="fair"):
    """For these people, (person, conversation) each, at once."""
    with town.database.begin() as tx:
        wanted = [Planned(person, talk, town.now) for person, talk in who]
        return campaigns.plan(tx, "pe", campaign, {**BODY, "campaign": campaign}, wanted)


def comes(town, who, **more):
    """Somebody writes and agrees to everything: (person, conversation)."""
    talk = town.talks(who, **more).conversation
    return next((row["person_id"], talk) for row in town.rows(t.conversation) if row["id"] == talk)


def rings(town):
    """Everything planned is due."""
    time_passes(town, 100 * 365 * DAY)
    with town.database.begin() as tx:
        return wake(tx)


def inbox(town):
    """Timers that became inbound: (conversation, campaign)."""
    return [
        (row["conversation_id"], row["body"]["data"]["body"]["campaign"])
        for row in town.rows(t.inbox)
        if row["kind"] == "timer"
    ]


def state_of(town, campaign="fair"):
    with town.database.read() as tx:
        return campaigns.counts(tx, "pe", campaign)


def lets_go(town, limit=256):
    with town.database.begin() as tx:
        return campaigns.let_go(tx, limit)


def stops(town, why="by hand"):
    with town.database.begin() as tx:
        return campaigns.stop(tx, "pe", "fair", why)


def of_campaign(town, campaign="fair"):
    with town.database.read() as tx:
        return campaigns.started(tx, "pe")[campaign]


def tells(town, who, talk, *reached, **more):
    """A turn in this conversation tells what became of campaigns."""
    accepted = town.writes(who, "hola", account=more.pop("account", "telegram/default"))
    assert accepted.conversation == talk
    (claimed,) = town.claims(only=[("pe", talk)])
    return town.finishes(town.finished(claimed, reached=tuple(reached), **more))


def test_it_is_planned_once_for_a_person_however_often_it_is_started(town):
    ana, ben = comes(town, "ana"), comes(town, "ben")
    begins(town)
    assert plans(town, ana) == 1
    begins(town)
    assert plans(town, ana, ben) == 1
    assert {row["key"] for row in town.rows(t.timer)} == {"campaign:fair"}
    assert len(town.rows(t.timer)) == 2
    assert state_of(town) == {("planned", ""): 2}


def test_who_was_erased_while_it_was_planned_is_left_out(town):
    ana, ben = comes(town, "ana"), comes(town, "ben")
    begins(town)
    with town.database.begin() as tx:
        erasure.erase(tx, [("pe", ana[0])], now=town.now)
    assert plans(town, ana, ben) == 1
    assert [row["person_id"] for row in town.rows(t.campaign_person)] == [ben[0]]


def test_it_becomes_an_inbound_once_and_the_turn_says_what_became_of_it(town):
    ana = comes(town, "ana")
    begins(town)
    plans(town, ana)
    assert (rings(town), rings(town)) == (1, 0)
    assert inbox(town) == [(ana[1], "fair")]
    (claimed,) = town.claims()
    town.finishes(town.finished(claimed, reached=(Reached("fair", "moved", "cap"), Reached("fair", "said"))))
    assert state_of(town) == {("said", ""): 1}


def test_it_goes_where_she_wrote_last_of_her_two_channels(town):
    person, phone = comes(town, "ana")
    _, web = comes(town, "w1", account="web")
    with town.database.begin() as tx:
        code = merging.make_code(tx, "pe", phone, town.now)
        assert merging.redeem(tx, "pe", web, code, town.now)
    begins(town)
    plans(town, (person, phone))
    last = town.agreed(last_inbound=town.now + 60)
    town.talks("w1", last, account="web")
    assert rings(town) == 1
    assert inbox(town) == [(web, "fair")]
    (claimed,) = town.claims(only=[("pe", web)])
    timer = Timer("campaign:fair", 60, body=BODY)
    moved = town.finished(claimed, claimed.state, reached=(Reached("fair", "moved", "cap"),), timers=(timer,))
    town.finishes(moved)
    assert [row["conversation_id"] for row in town.rows(t.timer)] == [web]
    assert [row["conversation_id"] for row in town.rows(t.campaign_person)] == [web]


def test_when_two_persons_turn_out_to_be_one_she_hears_it_once(town):
    phone, web = comes(town, "ana"), comes(town, "w1", account="web")
    begins(town)
    assert plans(town, phone, web) == 2
    with town.database.begin() as tx:
        code = merging.make_code(tx, "pe", phone[1], town.now)
        assert merging.redeem(tx, "pe", web[1], code, town.now)
    assert [row["person_id"] for row in town.rows(t.campaign_person)] == [phone[0]]
    assert len(town.rows(t.timer)) == 1
    assert rings(town) == 1


def test_what_she_has_heard_on_the_channel_that_joins_is_not_said_again(town):
    phone, web = comes(town, "ana"), comes(town, "w1", account="web")
    begins(town)
    plans(town, web)
    rings(town)
    tells(town, "w1", web[1], Reached("fair", "said"), account="web")
    plans(town, phone)
    with town.database.begin() as tx:
        code = merging.make_code(tx, "pe", phone[1], town.now)
        assert merging.redeem(tx, "pe", web[1], code, town.now)
    assert town.rows(t.timer) == []
    assert [(row["person_id"], row["state"]) for row in town.rows(t.campaign_person)] == [(phone[0], "said")]


def test_stopped_it_is_taken_back_a_part_at_a_time(town):
    people = [comes(town, f"p{n}") for n in range(5)]
    begins(town)
    plans(town, *people)
    tells(town, "p0", people[0][1], Reached("fair", "said"), cancelled=("campaign:fair",))
    assert stops(town)
    assert not stops(town)
    assert lets_go(town, 3) == 3
    assert lets_go(town, 3) == 1
    assert of_campaign(town).state == "stopping"
    assert lets_go(town, 3) == 0
    assert (of_campaign(town).state, of_campaign(town).why) == ("stopped", "by hand")
    assert town.rows(t.timer) == []
    assert state_of(town) == {("said", ""): 1, ("dropped", "cancelled"): 4}


def test_what_is_due_before_it_is_taken_back_is_not_said(town):
    ana = comes(town, "ana")
    begins(town)
    plans(town, ana)
    stops(town)
    assert rings(town) == 1
    assert inbox(town) == []
    assert state_of(town) == {("dropped", "cancelled"): 1}


def test_what_is_held_in_a_conversation_is_taken_back_by_its_own_turn(town):
    ana = comes(town, "ana")
    begins(town)
    plans(town, ana)
    tells(town, "ana", ana[1], Reached("fair", "held"), cancelled=("campaign:fair",))
    stops(town)
    assert (lets_go(town), lets_go(town)) == (1, 0)
    (claimed,) = town.claims()
    (row,) = claimed.rows
    assert (row.inbound.kind, row.inbound.data) == ("command", {"campaign_over": "fair"})


def test_started_again_it_is_planned_for_those_of_whom_it_was_taken_back(town):
    ana, ben = comes(town, "ana"), comes(town, "ben")
    begins(town)
    plans(town, ana, ben)
    tells(town, "ben", ben[1], Reached("fair", "said"), cancelled=("campaign:fair",))
    stops(town)
    while lets_go(town):
        pass
    begins(town)
    assert plans(town, ana, ben) == 1
    assert state_of(town) == {("planned", ""): 1, ("said", ""): 1}


def test_nothing_is_planned_once_it_was_stopped(town):
    ana = comes(town, "ana")
    begins(town)
    stops(town)
    assert plans(town, ana) == 0


def test_who_opts_out_is_dropped(town):
    ana = comes(town, "ana")
    begins(town)
    plans(town, ana)
    town.talks("ana", replace(town.agreed(), stopped=True), cancelled=("*",))
    assert town.rows(t.timer) == []
    assert state_of(town) == {("dropped", "stopped"): 1}


def test_what_is_held_for_more_than_seven_days_counts_as_dropped(town):
    ana = comes(town, "ana")
    begins(town)
    plans(town, ana)
    tells(town, "ana", ana[1], Reached("fair", "held"), cancelled=("campaign:fair",))
    assert state_of(town) == {("held", ""): 1}
    with town.database.begin() as tx:
        tx.execute(t.campaign_person.update().values(changed_at=t.campaign_person.c.changed_at - 8 * DAY))
    assert state_of(town) == {("dropped", "too_old"): 1}


def test_two_campaigns_in_one_conversation_do_not_mind_each_other(town):
    ana = comes(town, "ana")
    for campaign in ("fair", "thanks"):
        begins(town, campaign)
        plans(town, ana, campaign=campaign)
    stops(town)
    assert rings(town) == 2
    assert inbox(town) == [(ana[1], "thanks")]


def test_nobody_is_reached_who_only_tries_a_draft_or_never_talked_with_us(town):
    comes(town, "ana")
    with town.database.begin() as tx:
        tx.execute(t.person.update().values(is_test=True))
    ben = comes(town, "ben")
    with town.database.read() as tx:
        found, after = campaigns.people(tx, "pe", "", 10)
    assert [[one.conversation for one in hers] for hers in found] == [[ben[1]]]
    assert after == ""


def test_people_come_page_by_page_with_what_a_turn_would_know(town):
    talks = {comes(town, f"p{n}")[1] for n in range(5)}
    seen, after = [], ""
    while True:
        with town.database.read() as tx:
            found, after = campaigns.people(tx, "pe", after, 2)
        seen += [one for hers in found for one in hers]
        if not after:
            break
    assert {one.conversation for one in seen} == talks
    assert all(one.state.business and one.state.business.profile == {"sector": "food"} for one in seen)
    assert all(isinstance(one.state, State) and one.rows == () for one in seen)


# --- what WhatsApp says of our approved messages ---------------------------------------------------


def news(value, at=1, what="status", name="come_back", language="es", programme="pe"):
    return TemplateNews(programme, "whatsapp/default", name, language, what, value, at)


def told(town, *some):
    with town.database.begin() as tx:
        template_states.note(tx, some)


def why_not(town):
    with town.database.read() as tx:
        return template_states.why_not(tx, "pe", *TEMPLATE)


@pytest.mark.parametrize("value", ["REJECTED", "PAUSED", "DISABLED", "FLAGGED", "PENDING_DELETION"])
def test_a_message_that_may_not_be_sent_stops_what_invites_with_it(town, value):
    begins(town)
    told(town, news(value))
    assert (of_campaign(town).state, of_campaign(town).why) == ("stopping", f"come_back (es): {value}")
    assert why_not(town) == f"come_back (es): {value}"


def test_red_quality_stops_it_too(town):
    begins(town)
    told(town, news("YELLOW", what="quality"))
    assert (of_campaign(town).state, why_not(town)) == ("running", "")
    told(town, news("RED", 2, what="quality"))
    assert of_campaign(town).why == "come_back (es): quality RED"


def test_other_messages_stop_nothing_here(town):
    begins(town)
    told(town, news("PAUSED", name="hello"), news("PAUSED", language="vi"), news("APPROVED"))
    assert of_campaign(town).state == "running"


def test_the_newest_word_counts_in_whatever_order_it_comes(town):
    told(town, news("APPROVED", 9))
    told(town, news("PAUSED", 5), news("FLAGGED", 4))
    assert why_not(town) == ""
    told(town, news("PAUSED", 10), news("UTILITY", 1, what="category"))
    assert why_not(town) == "come_back (es): PAUSED"
    assert len(town.rows(t.template_state)) == 2
