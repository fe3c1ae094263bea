"""What we say of our own accord: looked at once more when it is due, then said, moved, held or dropped.

Every reason but the first is counted, so that an operator can see why nobody heard of something. Of a
campaign it is told besides what became of it for this person. The memory of a conversation keeps
`unasked`, what was said within the time that the cap looks at, and `held`, what waits for her next word
because her channel takes nothing else now.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from flows import facts, limits, surveys
from flows.values import Became, Reached, Timer

if TYPE_CHECKING:
    from content.charter import QuietHours
    from flows.state import Json
    from flows.talk import Talk

DAY = 86_400 * limits.SECOND
HELD = 7 * DAY  # so long a reminder waits for her next word
# Channels that take what nobody asked for only so long after her last word (microseconds).
WINDOWS = {"whatsapp": DAY}
OUTSIDE = ("hold", "invite")  # what a reminder does when that time is over


def key_of(body: Json) -> str:
    """The key of its timer: one for each flow, for each meeting it is about, and for each campaign."""
    if "campaign" in body:
        return campaign_key(body["campaign"])
    about = notes_of(body).get("meeting")
    return f"{body['flow']}:{about}" if about else str(body["flow"])


def campaign_key(campaign: str) -> str:
    """The key of the timers of a campaign."""
    return f"campaign:{campaign}"


def notes_of(body: Json) -> Json:
    """What the run of its flow knows from its beginning."""
    notes: Json = body.get("notes", {})
    return notes


def due(talk: Talk, body: Json) -> str | None:
    """The flow that is to be said now; None if it was moved, held or dropped.

    body: {flow, at, outside}, perhaps notes; of a campaign its id as `campaign`, and as `until` the
    instant at which it is over.
    """
    flow = str(body.get("flow"))
    if reason := _unwanted(talk, flow, body):
        _dropped(talk, reason, body)
        return None
    if moved := _later(talk, flow, body):
        talk.timers.append(moved)
        return None
    if _outside_window(talk) and body.get("outside", "hold") == "hold":
        _hold(talk, flow, body)
        return None
    said(talk, body)
    return flow


def said(talk: Talk, body: Json) -> None:
    """Notes that something was said of our own accord."""
    talk.remember("unasked", [*_recent(talk), {"flow": body["flow"], "at": talk.now, **_campaign(body)}])
    talk.event("reminder_said", reminder=body["flow"], **_campaign(body))
    _reached(talk, body, "said")


def opted_out(talk: Talk) -> None:
    """She wants no more of this; noted with the reminder that was said last, while the cap still looks at it."""
    recent = _recent(talk)
    last = recent[-1] if recent else {}
    talk.event("opted_out", after=last.get("flow"), **_campaign(last))


def forget(talk: Talk, campaign: str) -> None:
    """A campaign was stopped: what is held of it is not said."""
    held = talk.memory.get("held", ())
    left = [entry for entry in held if entry.get("campaign") != campaign]
    if len(left) < len(held):
        talk.remember("held", left)
        _dropped(talk, "cancelled", {"campaign": campaign})


def _campaign(body: Json) -> Json:
    return {"campaign": body["campaign"]} if "campaign" in body else {}


def _dropped(talk: Talk, reason: str, body: Json) -> None:
    talk.counts.append(f"reminder_dropped_{reason}")
    _reached(talk, body, "dropped", reason)


def _reached(talk: Talk, body: Json, became: Became, reason: str = "") -> None:
    if "campaign" in body:
        talk.reached.append(Reached(body["campaign"], became, reason))


# --- why not now ---


def _unwanted(talk: Talk, flow: str, body: Json) -> str | None:
    """Why a reminder is not said any more."""
    if talk.stopped or not talk.consent.get("reminders"):
        return "stopped"
    if flow not in talk.live.flows:
        return "flow_gone"
    if talk.now > body.get("until", talk.now):
        return "over"
    return None if _holds(talk, flow, notes_of(body)) else "not_needed"


def _holds(talk: Talk, flow: str, notes: Json) -> bool:
    when = talk.live.flows[flow].when
    if when is None:
        return True
    with talk.as_if(flow, notes):
        return when.holds(talk.facts)


def _later(talk: Talk, flow: str, body: Json) -> Timer | None:
    """The wish anew, for a time when nothing stands against it; None if nothing does now."""
    if (until := quiet_until(talk)) is not None:
        _reached(talk, body, "moved", "quiet")
        return Timer(key_of(body), 0, until, body)
    if not facts.after_pause(talk):  # she is here; nobody is interrupted
        talk.counts.append("reminder_moved_in_conversation")
        _reached(talk, body, "moved", "in_conversation")
        return Timer(key_of(body), limits.VISIT_PAUSE, None, body)
    if (day := _holiday(talk)) is not None:
        return _moved(talk, "holiday", day, body)
    if wait := _until_cap_allows(talk):
        return _moved(talk, "cap", wait, body)
    if surveys.leads_to_one(talk.live.flows, flow) and (wait := surveys.next_allowed(talk)):
        return _moved(talk, "survey", wait, body)
    return None


def _moved(talk: Talk, reason: str, wait: int, body: Json) -> Timer:
    talk.counts.append(f"reminder_moved_{reason}")
    _reached(talk, body, "moved", reason)
    at = body.get("at") or talk.live.pack.quiet_hours.end
    return Timer(key_of(body), -(-wait // limits.SECOND), at, body)


def quiet_until(talk: Talk) -> str | None:
    """The local hour at which the quiet hours end, while they last."""
    quiet = talk.live.pack.quiet_hours
    return quiet.end if is_quiet(quiet, _local(talk).strftime("%H:%M")) else None


def is_quiet(quiet: QuietHours, local: str) -> bool:
    """Whether a local hour ("10:00") lies in the quiet hours."""
    over_night = quiet.start > quiet.end
    return local >= quiet.start or local < quiet.end if over_night else quiet.start <= local < quiet.end


def _holiday(talk: Talk) -> int | None:
    """Microseconds until a holiday is over; None on other days."""
    economy, local = talk.live.pack.economy, _local(talk)
    if economy is None or local.date() not in economy.holidays:
        return None
    return _until_midnight(talk)


def _until_midnight(talk: Talk) -> int:
    local = _local(talk)
    tomorrow = datetime.combine(local.date() + timedelta(days=1), time(), local.tzinfo)
    return round((tomorrow - local).total_seconds()) * limits.SECOND


def _local(talk: Talk) -> datetime:
    return _at(talk, talk.now)


def _day_of(talk: Talk, instant: int) -> date:
    return _at(talk, instant).date()


def _at(talk: Talk, instant: int) -> datetime:
    return datetime.fromtimestamp(instant / limits.SECOND, ZoneInfo(talk.live.pack.zone))


def _until_cap_allows(talk: Talk) -> int:
    """Microseconds until one more message of ours stays within the cap, and is the only one of its day; 0 for now."""
    cap, recent = talk.live.pack.unasked, _recent(talk)
    if len(recent) >= cap.most:
        first: int = recent[-cap.most]["at"]
        return first + cap.days * DAY - talk.now
    if recent and _day_of(talk, recent[-1]["at"]) == _local(talk).date():
        return _until_midnight(talk)
    return 0


def _recent(talk: Talk) -> list[Json]:
    since = talk.now - talk.live.pack.unasked.days * DAY
    return [entry for entry in talk.memory.get("unasked", ()) if entry["at"] > since]


# --- held until she writes ---


def _outside_window(talk: Talk) -> bool:
    window = WINDOWS.get(talk.channel)
    return window is not None and talk.now - talk.before.last_inbound >= window


def _hold(talk: Talk, flow: str, body: Json) -> None:
    notes = notes_of(body)
    of = {**({"notes": notes} if notes else {}), **_campaign(body)}
    entry = {"flow": flow, "until": talk.now + HELD, **of}
    others = [other for other in talk.memory.get("held", ()) if key_of(other) != key_of(entry)]
    talk.remember("held", [*others, entry])
    talk.counts.append("reminder_held")
    _reached(talk, body, "held")


def take_held(talk: Talk) -> Json | None:
    """She has written: the first thing that waited for that and is still wanted, as {flow, notes}.

    Whether it is said is decided by what she has written; then it belongs to `said`.
    """
    held = talk.memory.get("held")
    if not held:
        return None
    wanted = []
    for entry in held:
        reason = _why_not_said(talk, entry)
        if reason:
            _dropped(talk, reason, entry)
        else:
            wanted.append(entry)
    talk.remember("held", wanted[1:])  # one at a time
    first: Json | None = wanted[0] if wanted else None
    return first


def keep_held(talk: Talk, entry: Json) -> None:
    """She has gone again; unless she wants none of this it waits for her next word."""
    if talk.consent.get("reminders") and not talk.stopped:
        talk.remember("held", [entry, *talk.memory.get("held", ())])
    else:
        _dropped(talk, "stopped", entry)


def _why_not_said(talk: Talk, entry: Json) -> str | None:
    if talk.now > entry["until"]:
        return "too_old"
    if talk.stopped or not talk.consent.get("reminders"):
        return "stopped"
    if entry["flow"] not in talk.live.flows:
        return "flow_gone"
    return None if _holds(talk, entry["flow"], notes_of(entry)) else "not_needed"
