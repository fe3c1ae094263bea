"""Campaigns over the flows of a pack: what is checked, whom each is for, and when it may be said.

Everything here is pure: an operator's command asks it for each person, and puts the timers into the
database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from content.conditions import check_condition
from content.problems import did_you_mean
from flows import limits
from flows.reminders import WINDOWS, is_quiet
from flows.state import State
from flows.talk import Talk
from flows.values import Inbound
from flows.version import Versions

if TYPE_CHECKING:
    from content.campaigns import Campaign
    from content.conditions import Condition, Name
    from content.pack import Pack
    from content.problems import Report
    from flows.version import Flow, Version

# What is known only in the middle of a talk says nothing of somebody who is not here.
_OF_A_MOMENT = frozenset({"item", "film", "interrupted", "join", "directory", "questions"})
_NOBODY = Inbound("campaign", "command")


def check_campaigns(
    pack: Pack, flows: Mapping[str, Flow], vocabulary: Mapping[str, Name], report: Report
) -> dict[str, Condition]:
    """For whom each campaign is, by its id; problems go into the report. One for everybody is not in it."""
    names = {path: name for path, name in vocabulary.items() if path.partition(".")[0] not in _OF_A_MOMENT}
    found: dict[str, Condition] = {}
    for campaign in pack.campaigns.by_id.values():
        if campaign.flow not in flows:
            near = did_you_mean(campaign.flow, flows)
            facts = {"campaign": campaign.id, "flow": campaign.flow, "known": sorted(flows), "near": near}
            report.add("CAMP-001", campaign.places["flow"], **facts)
        quiet = pack.quiet_hours
        if is_quiet(quiet, campaign.at):
            hours = {"end": quiet.end, "start": quiet.start}
            report.add("CAMP-003", campaign.places["at"], campaign=campaign.id, at=campaign.at, **hours)
        missing = [language for language in pack.languages if language not in pack.templates]
        if campaign.outside == "invite" and missing:
            report.add("CAMP-004", campaign.places["outside"], campaign=campaign.id, languages=missing)
        if campaign.who is not None:
            who = check_condition(campaign.who, names, campaign.places["who"], report)
            if who is not None:
                found[campaign.id] = who
    return found


def fits(version: Version, campaign: Campaign, state: State, now: int, channel: str) -> bool:
    """Whether a campaign is for this person now, and its flow would be said to her.

    now: microseconds UTC.
    """
    nowhere = replace(
        state, frames=(), waiting=None, trail=()
    )  # what she is in the middle of may be an older pack
    talk = Talk(Versions(version), nowhere, _NOBODY, now, channel)
    flow = version.flows[campaign.flow]
    wanted = (version.campaigns.get(campaign.id), flow.when)
    return all(condition is None or condition.holds(talk.facts) for condition in wanted)


def last_used(states: Sequence[State]) -> int | None:
    """Which of a person's conversations she hears it in: the one she used last, of those that know her wish.

    Where she never said whether she wants reminders nothing is said. None if she said so nowhere.
    """
    asked = [place for place, state in enumerate(states) if state.stopped or "reminders" in state.consent]
    return max(asked, key=lambda place: states[place].last_inbound, default=None)


def wants_reminders(state: State) -> bool:
    """Whether she agreed to reminders here, and has not stopped them."""
    return not state.stopped and state.consent.get("reminders", False)


def is_outside(state: State, channel: str, at: int) -> bool:
    """Whether her channel takes nothing but approved messages then, unless she writes before."""
    window = WINDOWS.get(channel)
    return window is not None and at - state.last_inbound >= window


def instants(campaign: Campaign, pack: Pack, now: int) -> list[int]:
    """When it is said: one instant (microseconds UTC) for each day that is left of it, holidays left out."""
    zone = ZoneInfo(pack.zone)
    hour = time.fromisoformat(campaign.at)
    holidays = pack.economy.holidays if pack.economy is not None else {}
    today = datetime.fromtimestamp(now / limits.SECOND, zone).date()
    first = max(campaign.begins, today)
    days = [first + timedelta(days=n) for n in range(max(0, (campaign.ends - first).days + 1))]
    found = [_at(day, hour, zone) for day in days if day not in holidays]
    return [at for at in found if at > now]


def end_of(campaign: Campaign, zone: str) -> int:
    """The instant (microseconds UTC) at which its last day is over."""
    return _at(campaign.ends + timedelta(days=1), time(), ZoneInfo(zone))


def _at(day: date, hour: time, zone: ZoneInfo) -> int:
    return round(datetime.combine(day, hour, zone).timestamp() * limits.SECOND)
