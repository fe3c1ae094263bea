"""Campaigns: what is checked, whom each is for, on which days, and what becomes of it for a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from content.charter import Economy
from content.problems import Report
from flows.campaigns import end_of, fits, instants, is_outside, last_used
from flows.compiler import compile_pack
from flows.engine import advance
from flows.reminders import DAY
from flows.state import Business, State
from flows.values import Inbound, Reached, Turn
from flows.version import Version, Versions
from tests.flows.small_packs import compiled_from, sources_with

NOW = round(datetime(2026, 12, 1, 10, 0, tzinfo=UTC).timestamp() * 1e6)
HOUR = DAY // 24
CAMPAIGN = """schema: 1
campaigns:
  season:
    title: Before the season
    flow: season
    who: profile.sector == "crafts_textile"
    from: 2026-12-01
    until: 2026-12-04
    at: "10:00"
    most_per_day: 2
    outside: hold
"""
SEASON = "steps:\n  - say: The season begins.\n"
BODY = {"flow": "season", "at": "10:00", "outside": "hold", "campaign": "season", "until": NOW + 4 * DAY}


def sources(old: str = "", new: str = "", **flows: str) -> dict[str, bytes]:
    assert old in CAMPAIGN
    campaign = CAMPAIGN.replace(old, new, 1) if old else CAMPAIGN
    return {**sources_with(**{"season": SEASON, **flows}), "campaigns.yaml": campaign.encode()}


@pytest.fixture(scope="module")
def version() -> Version:
    return compiled_from(sources())


def ana(**more: Any) -> State:
    """She agreed to everything, sells crafts, and wrote last ten days ago."""
    business = Business(
        "b1",
        "own",
        {"sector": "crafts_textile"},
        consent={"guidance": True, "statistics": True},
        registered=True,
    )
    state = State(language="en", consent={"reminders": True}, business=business, last_inbound=NOW - 10 * DAY)
    return replace(state, **more)


def rings(version: Version, state: State, channel: str = "web", now: int = NOW, **body: Any) -> Turn:
    """The timer of the campaign is due."""
    data = {"key": "campaign:season", "body": {**BODY, **body}}
    return advance(Versions(version), state, Inbound("t:1", "timer", seed="0" * 32, data=data), now, channel)


def writes(version: Version, state: State, text: str, now: int) -> Turn:
    return advance(Versions(version), state, Inbound("m:1", text=text, seed="0" * 32), now, "whatsapp")


# --- what is checked -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("flow: season", "flow: saeson", "CAMP-001"),
        ('at: "10:00"', 'at: "07:00"', "CAMP-003"),
        ('at: "10:00"', 'at: "23:30"', "CAMP-003"),
        ("profile.sector ==", "profile.sectr ==", "COND-001"),
        ('profile.sector == "crafts_textile"', "item.film", "COND-001"),
    ],
)
def test_a_campaign_that_cannot_be_meant_is_told(old: str, new: str, code: str) -> None:
    report = Report()
    assert compile_pack(sources(old, new), report) is None
    assert code in report.codes()


def test_that_whatsapp_needs_an_approved_message_is_a_hint() -> None:
    report = Report()
    assert compile_pack(sources("outside: hold", "outside: invite"), report) is not None
    assert "CAMP-004" in report.codes()


def test_a_flow_that_a_campaign_says_is_not_one_that_nothing_leads_to() -> None:
    alone, led_to = Report(), Report()
    compile_pack(sources_with(season=SEASON), alone)
    compile_pack(sources(), led_to)
    assert len(led_to.codes()) == len(alone.codes()) - 1
    assert "FLOW-041" in alone.codes()


# --- for whom, and when ----------------------------------------------------------------------------


def test_it_is_for_those_whom_its_condition_names(version: Version) -> None:
    season = version.pack.campaigns.by_id["season"]
    assert fits(version, season, ana(), NOW, "web")
    other = Business("b2", "own", {"sector": "food"})
    assert not fits(version, season, ana(business=other), NOW, "web")


def test_it_is_not_for_those_whom_its_flow_would_leave_out() -> None:
    choosy = compiled_from(sources(season="when: consent.statistics\nsteps:\n  - say: Hello.\n"))
    season = choosy.pack.campaigns.by_id["season"]
    assert fits(choosy, season, ana(), NOW, "web")
    silent = Business("b1", "own", {"sector": "crafts_textile"}, consent={"guidance": True})
    assert not fits(choosy, season, ana(business=silent), NOW, "web")


def test_who_is_in_the_middle_of_an_older_pack_is_judged_all_the_same(version: Version) -> None:
    from flows.state import Frame, Waiting

    season = version.pack.campaigns.by_id["season"]
    there = ana(frames=(Frame("welcome", "a structure of last year", 1),), waiting=Waiting(1))
    assert fits(version, season, there, NOW, "web")


def test_she_hears_it_where_she_wrote_last_of_those_that_know_her_wish() -> None:
    web, phone = ana(last_inbound=NOW - DAY), ana(last_inbound=NOW)
    assert last_used([web, phone]) == 1
    assert last_used([web, replace(phone, consent={})]) == 0
    assert last_used([web, replace(phone, stopped=True)]) == 1  # and there she does not want it
    assert last_used([replace(web, consent={})]) is None


def test_its_days_begin_today_at_the_earliest_and_leave_out_holidays(version: Version) -> None:
    season, pack = version.pack.campaigns.by_id["season"], version.pack
    days = [datetime.fromtimestamp(at / 1e6, UTC) for at in instants(season, pack, NOW)]
    assert [day.day for day in days] == [2, 3, 4]  # it is ten o'clock on the first
    assert {day.hour for day in days} == {10}
    economy = Economy("PE", None, None, {days[1].date(): "Feast"}, ())
    lima = replace(pack, economy=economy, zone="America/Lima")
    local = [datetime.fromtimestamp(at / 1e6, ZoneInfo("America/Lima")) for at in instants(season, lima, NOW)]
    assert [(day.day, day.hour) for day in local] == [(1, 10), (2, 10), (4, 10)]
    assert instants(season, pack, NOW + 9 * DAY) == []


def test_its_hour_is_the_local_one_when_clocks_change(version: Version) -> None:
    season = replace(
        version.pack.campaigns.by_id["season"],
        begins=date(2027, 3, 13), ends=date(2027, 3, 15),
    )  # fmt: skip
    pack = replace(version.pack, zone="America/Los_Angeles")  # clocks go forward on the 14th
    first, second, third = instants(season, pack, NOW)
    assert (second - first, third - second) == (23 * HOUR, 24 * HOUR)
    assert end_of(season, pack.zone) == third + 14 * HOUR


def test_only_whatsapp_closes_after_a_day() -> None:
    assert is_outside(ana(), "whatsapp", NOW)
    assert not is_outside(ana(), "telegram", NOW)
    assert not is_outside(ana(last_inbound=NOW - HOUR), "whatsapp", NOW)


# --- what becomes of it ----------------------------------------------------------------------------


def test_it_is_said_and_the_event_names_it(version: Version) -> None:
    turn = rings(version, ana())
    assert [reply.text for reply in turn.replies] == ["The season begins."]
    assert turn.reached == (Reached("season", "said"),)
    assert [dict(event.data) for event in turn.events] == [{"reminder": "season", "campaign": "season"}]


@pytest.mark.parametrize(
    ("state", "body", "reason"),
    [
        (ana(stopped=True), {}, "stopped"),
        (ana(consent={}), {}, "stopped"),
        (ana(), {"until": NOW - 1}, "over"),
        (ana(), {"flow": "gone"}, "flow_gone"),
    ],
)
def test_who_must_not_hear_it_any_more_does_not(
    version: Version, state: State, body: Any, reason: str
) -> None:
    turn = rings(version, state, **body)
    assert (turn.replies, turn.reached) == ((), (Reached("season", "dropped", reason),))


def test_who_writes_just_now_hears_it_a_little_later(version: Version) -> None:
    turn = rings(version, ana(last_inbound=NOW - HOUR // 4))
    assert turn.reached == (Reached("season", "moved", "in_conversation"),)
    (timer,) = turn.timers
    assert (timer.key, timer.seconds, timer.body) == ("campaign:season", 1800, BODY)


def test_moved_by_the_cap_it_stays_a_campaign(version: Version) -> None:
    turn = rings(version, ana(memory={"unasked": [{"flow": "other", "at": NOW - HOUR}]}))
    assert turn.reached == (Reached("season", "moved", "cap"),)
    assert [timer.key for timer in turn.timers] == ["campaign:season"]


def test_held_until_she_writes_it_is_told_twice_what_became_of_it(version: Version) -> None:
    held = rings(version, ana(), "whatsapp")
    assert (held.replies, held.reached) == ((), (Reached("season", "held"),))
    said = writes(version, held.state, "good morning", NOW + DAY)
    assert said.reached == (Reached("season", "said"),)
    assert "The season begins." in [reply.text for reply in said.replies]


def test_held_for_too_long_it_is_dropped(version: Version) -> None:
    held = rings(version, ana(), "whatsapp")
    late = writes(version, held.state, "good morning", NOW + 8 * DAY)
    assert late.reached == (Reached("season", "dropped", "too_old"),)


def test_a_campaign_that_was_stopped_is_not_held_any_more(version: Version) -> None:
    held = rings(version, ana(), "whatsapp")
    over = Inbound("c:1", "command", seed="0" * 32, data={"campaign_over": "season"})
    forgotten = advance(Versions(version), held.state, over, NOW + HOUR, "whatsapp")
    assert forgotten.reached == (Reached("season", "dropped", "cancelled"),)
    assert "The season begins." not in [
        r.text for r in writes(version, forgotten.state, "hi", NOW + DAY).replies
    ]
    again = advance(Versions(version), forgotten.state, over, NOW + HOUR, "whatsapp")
    assert again.reached == ()


def test_who_opts_out_after_it_is_counted_for_it(version: Version) -> None:
    said = rings(version, ana())
    stop = Inbound("m:2", text="stop", seed="0" * 32)
    out = advance(Versions(version), said.state, stop, NOW + HOUR, "web")
    assert {"after": "season", "campaign": "season"} in [
        dict(event.data) for event in out.events if event.kind == "opted_out"
    ]


def test_a_reminder_that_is_no_campaign_names_none(version: Version) -> None:
    data = {"key": "season", "body": {"flow": "season", "at": None, "outside": "hold"}}
    turn = advance(Versions(version), ana(), Inbound("t:1", "timer", seed="0" * 32, data=data), NOW, "web")
    assert (turn.reached, dict(turn.events[0].data)) == ((), {"reminder": "season"})
