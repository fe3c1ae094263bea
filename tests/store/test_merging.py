"""Ana writes on two channels; only a code that one of them shows makes her one person there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flows.state import Assessment, Business, Frame, State
from flows.values import Consent, Event, Reply
from store import erasure, merging, read_models
from store import tables as t
from store.clock import HOUR, SECOND
from store.inbox import accept
from store.programmes import keep_account, keep_programme
from tests.store import oracle
from tests.store.sending import QUESTION, claims_one

STALL = Business("b1", "own", {"sector": "food"})
SHOP = Business("b2", "assisted", {"sector": "crafts"})
PLAYED = (Event("video_played", {"film": "V01"}), Event("visit_started"))


@pytest.fixture
def town(town):
    yield town
    with town.database.begin() as tx:
        assert oracle.violations(tx) == []
        read_models.rebuild(tx, "pe")
        assert oracle.violations(tx) == []


def talks(town, on, state=None, **turn):
    """Ana talks on telegram or on the web; gives back the conversation."""
    account = {"telegram": "telegram/default", "web": "web"}[on]
    return town.talks(f"ana.{on}", state, account=account, **turn).conversation


def shows(town, conversation):
    with town.database.begin() as tx:
        return merging.make_code(tx, "pe", conversation, town.now)


def redeems(town, conversation, code):
    with town.database.begin() as tx:
        return merging.redeem(tx, "pe", conversation, code, town.now)


def joins(town, telegram, web):
    """She reads the code on telegram and types it on the web."""
    assert redeems(town, web, shows(town, telegram))


def talk(town, conversation):
    (row,) = [row for row in town.rows(t.conversation) if row["id"] == conversation]
    return row


def people(town):
    return {row["id"] for row in town.rows(t.person)}


def claimed(town, on):
    account = {"telegram": "telegram/default", "web": "web"}[on]
    accepted = town.writes(f"ana.{on}", account=account)
    (one,) = town.claims(only=[("pe", accepted.conversation)])
    return one


def test_two_channels_become_one_person_with_all_that_is_hers(town):
    telegram = talks(
        town,
        "telegram",
        town.agreed(STALL, assessment=Assessment("a1", "quick", "1")),
        events=PLAYED,
        consents=(Consent("guidance", True, "h", "es", "b1"),),
        replies=(QUESTION,),
    )
    web = talks(
        town, "web", town.agreed(SHOP), events=PLAYED, consents=(Consent("guidance", True, "h", "es", "b2"),)
    )
    joins(town, telegram, web)
    (person,) = people(town)
    assert talk(town, telegram)["person_id"] == talk(town, web)["person_id"] == person
    for table in (t.identity, t.membership, t.consent, t.event, t.person_fact, t.person_day):
        assert {row["person_id"] for row in town.rows(table)} == {person}, table
    (fact,) = town.rows(t.person_fact)
    assert (fact["plays"], fact["visits"]) == (2, 2)


def test_the_channel_that_joins_takes_up_what_she_speaks_for_and_keeps_its_own_within_reach(town):
    telegram = talks(town, "telegram", town.agreed(STALL, assessment=Assessment("a1", "quick", "1")))
    web = talks(town, "web", town.agreed(SHOP))
    joins(town, telegram, web)
    state = claimed(town, "web").state
    assert (state.business.id, state.assessment.id) == ("b1", "a1")
    assert state.businesses == ({"id": "b2", "label": "crafts", "role": "assisted"},)
    state = claimed(town, "telegram").state
    assert state.business.id == "b1"
    assert state.businesses == ({"id": "b2", "label": "crafts", "role": "assisted"},)
    assert [row["business_id"] for row in town.rows(t.membership) if row["current"]] == ["b1"]


def test_what_the_joining_channel_did_not_keep_is_dropped(town):
    telegram = talks(town, "telegram", town.agreed(STALL))
    web = talks(town, "web", State(language="es", business=SHOP, frames=(Frame("connect", "s1"),)))
    joins(town, telegram, web)
    row = talk(town, web)
    assert "business" not in row["state"]
    assert row["kept"]
    one = claimed(town, "web")
    assert one.state.business.id == "b1"
    assert one.state.frames == (Frame("connect", "s1"),)  # the flow in which she typed the code goes on


def test_who_has_nothing_kept_there_goes_on_with_what_she_has_here(town):
    telegram = talks(town, "telegram", State(language="es"))
    web = talks(town, "web", town.agreed(SHOP))
    joins(town, telegram, web)
    assert claimed(town, "telegram").state.business.id == "b2"
    assert claimed(town, "web").state.business.id == "b2"


def test_an_unkept_talk_goes_on_if_she_speaks_for_nothing_elsewhere(town):
    telegram = talks(town, "telegram", State(language="es"))
    web = talks(town, "web", State(language="es", business=SHOP))
    joins(town, telegram, web)
    assert claimed(town, "web").state.business.id == "b2"


def test_a_business_that_both_sides_speak_for_is_hers_once(town):
    telegram = talks(town, "telegram", town.agreed(STALL))
    web = talks(town, "web", State(language="es", business=Business("b1", "member")))
    assert len(town.rows(t.membership)) == 2
    joins(town, telegram, web)
    assert [(row["business_id"], row["role"]) for row in town.rows(t.membership)] == [("b1", "own")]
    assert claimed(town, "web").state.businesses == ()


def test_a_turn_at_work_on_either_side_is_done_again(town):
    telegram, web = talks(town, "telegram", town.agreed(STALL)), talks(town, "web", town.agreed(SHOP))
    code = shows(town, telegram)
    on_telegram, on_web = claimed(town, "telegram"), claimed(town, "web")
    assert redeems(town, web, code)
    for late in (on_telegram, on_web):
        assert town.finishes(town.finished(late, late.state, events=PLAYED))[0].outcome == "fenced"
    assert {one.conversation for one in town.claims()} == {telegram, web}
    assert town.rows(t.event) == []


def test_all_conversations_of_the_joining_person_come_along(town):
    telegram, web = talks(town, "telegram", town.agreed(STALL)), talks(town, "web", town.agreed(SHOP))
    third = town.talks("third", account="web").conversation
    joins(town, web, third)
    joins(town, telegram, web)
    assert len(people(town)) == 1
    assert {row["id"] for row in town.rows(t.conversation)} == {telegram, web, third}


def test_she_can_be_erased_as_one_person_afterwards(town):
    telegram, web = talks(town, "telegram", town.agreed(STALL)), talks(town, "web", town.agreed(SHOP))
    joins(town, telegram, web)
    shows(town, telegram)
    with town.database.begin() as tx:
        assert erasure.erase(tx, [("pe", next(iter(people(town))))], now=town.now) == 1
    for table in (t.person, t.identity, t.conversation, t.business, t.membership, t.event, t.merge_code):
        assert town.rows(table) == [], table


def test_a_code_is_good_once(town):
    telegram, web, doras = talks(town, "telegram"), talks(town, "web"), town.talks("dora").conversation
    code = shows(town, telegram)
    assert redeems(town, web, code)
    assert not redeems(town, doras, code)
    assert len(people(town)) == 2


def test_a_code_is_good_for_ten_minutes(town):
    telegram, web = talks(town, "telegram"), talks(town, "web")
    code = shows(town, telegram)
    town.now += 600 * SECOND
    assert not redeems(town, web, code)
    town.now -= 1
    assert redeems(town, web, code)


def test_a_new_code_ends_the_one_before(town):
    telegram, web = talks(town, "telegram"), talks(town, "web")
    first, second = shows(town, telegram), shows(town, telegram)
    assert not redeems(town, web, first)
    assert redeems(town, web, second)


def test_a_code_may_be_typed_as_people_type(town):
    telegram, web = talks(town, "telegram"), talks(town, "web")
    code = shows(town, telegram)
    assert redeems(town, web, f" {code[:4].lower()} - {code[4:]}. ")


def test_a_code_typed_where_it_was_shown_joins_nobody_and_stays_good(town):
    telegram, web = talks(town, "telegram"), talks(town, "web")
    code = shows(town, telegram)
    assert not redeems(town, telegram, code)
    assert redeems(town, web, code)


def test_a_code_of_another_programme_is_no_code(town):
    telegram = talks(town, "telegram")
    code = shows(town, telegram)
    with town.database.begin() as tx:
        keep_programme(tx, "vn", zone="UTC", now=town.now)
        keep_account(tx, "vn", "web", channel="web", pulls=True, now=town.now)
        there = replace(town.arrival("dora", account="web"), programme="vn")
        assert not merging.redeem(tx, "vn", accept(tx, [there])[0].conversation, code, town.now)
        assert not merging.redeem(tx, "vn", "nobody", code, town.now)


def test_who_is_wrong_five_times_has_to_wait_even_with_the_right_code(town):
    telegram, web = talks(town, "telegram"), talks(town, "web")
    for _ in range(5):
        assert not redeems(town, web, "AAAAAAAA")
        town.now += 60 * SECOND
    code = shows(town, telegram)
    assert not redeems(town, web, code)
    town.now += HOUR - 300 * SECOND  # the first wrong try is an hour old, the others are not
    code = shows(town, telegram)
    assert not redeems(town, web, "AAAAAAAA")
    assert not redeems(town, web, code)
    town.now += 60 * SECOND
    assert redeems(town, web, code)


def test_showing_codes_does_not_make_wrong_tries_forgotten(town):
    web = talks(town, "web")
    for _ in range(5):
        redeems(town, web, "AAAAAAAA")
        shows(town, web)
    (row,) = town.rows(t.merge_code)
    assert len(row["wrong"]) == 5


def test_a_code_cannot_be_read_in_the_database_and_has_no_look_alikes(town):
    telegram = talks(town, "telegram")
    codes = {shows(town, telegram) for _ in range(50)}
    assert len(codes) == 50
    for code in codes:
        assert len(code) == 8
        assert not set(code) & set("0O1IL2Z5S8B")
        assert code not in str(town.rows(t.merge_code))


def test_the_row_of_a_code_goes_after_a_day(town):
    shows(town, talks(town, "telegram", town.agreed()))
    with town.database.begin() as tx:
        erasure.retire(tx, now=town.now + 24 * HOUR + 1)
    assert town.rows(t.merge_code) == []


def test_a_reply_of_either_side_still_goes_where_it_was_meant_to_go(town):
    telegram = talks(town, "telegram", replies=(Reply("hola"),))
    joins(town, telegram, talks(town, "web"))
    assert claims_one(town).address == "ana.telegram"
