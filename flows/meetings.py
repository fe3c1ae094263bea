"""Meetings: which one is talked about, what is kept of it, and what a link to one begins.

The memory of a conversation keeps `meetings` -> code -> {joined, role, attended, before, after}: `joined`
is an instant, `attended` is there once it is known; `before` and `after` hold her answers to the questions
about what people know: number -> whether it was right, None for a skipped one.
"""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

from content.languages import day_name
from content.meetings import CAMPAIGN, Meeting
from flows import limits
from flows.asking import Option
from flows.moves import NEXT, Move

if TYPE_CHECKING:
    from flows.state import Json
    from flows.talk import Talk
    from flows.version import Version

When = Literal["before", "after"]
JOINING = "join_meeting"
EVALUATION = "meeting_evaluation"
OFFICIALS = "officials"  # the campaign that leads to the survey for officials, and the flow that it begins
INVITED = (JOINING, OFFICIALS)  # flows that links begin
END = time(18)  # the local hour at which the last day of a meeting is taken to be over


def invitation(version: Version, campaign: object) -> tuple[str, Json] | None:
    """The flow that a link begins, and what its run notes; None for a campaign that only says where she came from."""
    if not isinstance(campaign, str):
        return None
    code = campaign.removeprefix(CAMPAIGN)
    if code != campaign and code in version.pack.meetings and JOINING in version.flows:
        return JOINING, {"meeting": code}
    if campaign == OFFICIALS and OFFICIALS in version.flows:
        return OFFICIALS, {}
    return None


def current(talk: Talk) -> Meeting | None:
    """The meeting that is talked about."""
    return talk.version.pack.meetings.get(talk.note("meeting") or "")


def known(talk: Talk, code: str) -> Json:
    """What is kept of a meeting."""
    kept: Json = talk.memory.get("meetings", {}).get(code, {})
    return kept


def keep(talk: Talk, code: str, **changes: Any) -> None:
    talk.remember("meetings", {**talk.memory.get("meetings", {}), code: {**known(talk, code), **changes}})


def day_of(talk: Talk, meeting: Meeting) -> str:
    """Whether its days are still to come, one of them is today, or they are over."""
    today = _local(talk).date()
    if today < meeting.first:
        return "before"
    return "today" if today <= meeting.last else "over"


def seconds_until(talk: Talk, after: int) -> int:
    """Seconds until so many seconds after the meeting; negative when they are over, or without one."""
    meeting = current(talk)
    if meeting is None:
        return -1
    end = datetime.combine(meeting.last, END, ZoneInfo(talk.live.pack.zone))
    return after + round(end.timestamp()) - talk.now // limits.SECOND


def _local(talk: Talk) -> datetime:
    return datetime.fromtimestamp(talk.now / limits.SECOND, ZoneInfo(talk.live.pack.zone))


# --- what `do:` can do ---


def choose(talk: Talk) -> Move:
    """Takes the meeting she has joined whose day is nearest as the one that is talked about, if there is none yet."""
    meetings = talk.version.pack.meetings
    joined = [meetings[code] for code in talk.memory.get("meetings", ()) if code in meetings]
    if current(talk) is None and joined:
        today = _local(talk).date()
        assert talk.top is not None  # an operation runs on a run
        talk.top.notes["meeting"] = min(joined, key=lambda meeting: abs(meeting.last - today)).code
        talk.changed()
    return NEXT


def join(talk: Talk) -> Move:
    """Notes that she has joined the meeting; who joins on its day is there."""
    meeting = current(talk)
    if meeting is None:
        return NEXT
    first = "joined" not in known(talk, meeting.code)
    role = talk.answers.get("participant_role")
    keep(talk, meeting.code, joined=talk.now, role=role)
    if first:
        economy = talk.answers.get("economy")
        talk.event(
            "meeting_joined",
            meeting=meeting.code,
            kind=meeting.kind,
            role=role,
            economy=economy.upper() if economy else None,
            sex=talk.answers.get("participant_sex"),
            age=talk.answers.get("participant_age"),
        )
    return attend(talk) if day_of(talk, meeting) == "today" else NEXT


def attend(talk: Talk) -> Move:
    """Notes that she is or was at the meeting."""
    meeting = current(talk)
    if meeting is not None and not known(talk, meeting.code).get("attended"):
        keep(talk, meeting.code, attended=True)
        talk.event("meeting_attended", meeting=meeting.code)
    return NEXT


def miss(talk: Talk) -> Move:
    """Notes that she was not at the meeting, unless she has said before that she was."""
    meeting = current(talk)
    if meeting is not None and "attended" not in known(talk, meeting.code):
        keep(talk, meeting.code, attended=False)
    return NEXT


# --- what conditions and texts read ---


def facts(talk: Talk) -> Json:
    """The names of the group `meeting` in conditions."""
    meeting = current(talk)
    if meeting is None:
        return {"known": False}
    kept = known(talk, meeting.code)
    evaluated = talk.memory.get("surveys", {}).get(EVALUATION, {}).get("answered", {})
    return {
        "known": True,
        "joined": "joined" in kept,
        "attended": kept.get("attended"),
        "day": day_of(talk, meeting),
        "evaluated": meeting.code in evaluated,
        "sessions": len(meeting.sessions),
    }


def sessions(talk: Talk) -> tuple[Option, ...]:
    """The sessions of the meeting, as choices."""
    meeting = current(talk)
    if meeting is None:
        return ()
    return tuple(Option(id, f"meetings/{meeting.code}/sessions/{id}") for id in meeting.sessions)


def title(talk: Talk) -> str:
    meeting = current(talk)
    return talk.text(f"meetings/{meeting.code}/title") if meeting is not None else ""


def day(talk: Talk) -> str:
    """Its day, or its first and last, as they are written in her language."""
    meeting = current(talk)
    if meeting is None:
        return ""
    days = dict.fromkeys((meeting.first, meeting.last))
    return " – ".join(day_name(one, talk.language) for one in days)
