"""What flows may know: the names in conditions, and the placeholders in texts.

Both are tables one can read. A name that is not here is a problem at load, never a surprise at
run time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from content.conditions import NUMBER, TEXT, YES_NO, Name
from content.words import fill, placeholders
from flows import cases, cycles, films, limits, meetings, stories, surveys
from flows.package import current_item, is_open, item_place, package_of
from flows.values import Purpose

if TYPE_CHECKING:
    from content.directory import Entry
    from content.gaps import Gap, Writes
    from flows.bank import Set
    from flows.state import Json
    from flows.talk import Run, Talk

PURPOSES: tuple[Purpose, ...] = ("guidance", "statistics", "reminders")
LANGUAGE_KNOWN = "language_known"  # the note of the opening flow that her language need not be asked
# Seconds that a question takes, from reading 45 words and pressing one of five (our own choice).
SECONDS_PER_QUESTION = 20

# `package` is a reserved word of CEL, so conditions call its items `todo`.
# Names in conditions beside `profile.<field>`, `points.<item>` and `answers.<ask>`:
# what they hold.
NAMES: dict[str, Name] = {
    "consent.guidance": YES_NO,
    "consent.statistics": YES_NO,
    "consent.reminders": YES_NO,
    "questions.quick": NUMBER,
    "questions.full": NUMBER,
    "questions.people": NUMBER,
    "questions.package": NUMBER,
    "assessment.mode": Name("choice", frozenset({"quick", "full", "follow_up"})),
    "assessment.open": YES_NO,
    "result.mode": Name("choice", frozenset({"quick", "full", "follow_up"})),
    "score.overall": NUMBER,
    "score.level": Name("choice"),  # filled with the pack's levels
    "todo.size": NUMBER,
    "todo.left": NUMBER,
    "todo.doing": NUMBER,
    "todo.done": NUMBER,
    "item.film": YES_NO,
    "item.quiz": YES_NO,
    "item.starter": YES_NO,
    "item.tips": NUMBER,
    "item.tip_number": NUMBER,
    "item.writes": Name("choice", frozenset({"sentence", "number"})),
    "item.done": Name("choice", frozenset({"yes", "partly", "no"})),
    "item.promised": YES_NO,
    "film.ready": YES_NO,
    "film.sent": YES_NO,
    "film.other_language": YES_NO,
    "settings.save_data": YES_NO,
    "survey.allowed": YES_NO,
    "meeting.known": YES_NO,
    "meeting.joined": YES_NO,
    "meeting.attended": YES_NO,
    "meeting.day": Name("choice", frozenset({"before", "today", "over"})),
    "meeting.evaluated": YES_NO,
    "meeting.sessions": NUMBER,
    "story.allowed": YES_NO,
    "case.ready": YES_NO,
    "change.known": YES_NO,
    "change.better": NUMBER,
    "change.same": NUMBER,
    "change.worse": NUMBER,
    "change.closed": NUMBER,
    "change.level_up": YES_NO,
    "since.baseline": NUMBER,
    "since.cycle": Name("choice", frozenset({"T1", "T2"})),
    "interrupted.flow": TEXT,
    "interrupted.item": YES_NO,
    "interrupted.optional": YES_NO,
    "business.count": NUMBER,
    "business.new": YES_NO,
    "join.ok": YES_NO,
    "pack.languages": NUMBER,
    "directory.item": NUMBER,
    "conversation.channel": Name("choice", frozenset({"web", "terminal", "telegram", "whatsapp"})),
    "conversation.language": TEXT,
    "conversation.language_known": YES_NO,
    "conversation.after_pause": YES_NO,
    "conversation.way_back": YES_NO,
}


class Group(Protocol):
    """The names of a group: what each holds, null for what is missing."""

    def get(self, name: str, /) -> Any: ...


class _Questions:
    """How many questions each check still asks, counted when somebody wants to know."""

    __slots__ = ("_talk",)

    def __init__(self, talk: Talk) -> None:
        self._talk = talk

    def get(self, check: str) -> int:
        return _count(self._talk, check)


class Facts:
    """The map that conditions read, group by group, each made when somebody asks for it.

    A name without an answer is null: conditions read what is missing that way.
    """

    __slots__ = ("_known", "_talk")

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._known: dict[str, Group] = {}

    def get(self, group: str) -> Group:
        """The names of a group with their values. Every group exists: the checks have seen to it."""
        known = self._known.get(group)
        if known is None:
            known = self._known[group] = GROUPS[group](self._talk)
        return known


class _Points:
    """Points of each answered item; "I do not know" is 0, not applicable and skipped are null.

    A condition asks for one or two of them, and facts are made anew with every answer.
    """

    __slots__ = ("_answers", "_table")

    def __init__(self, talk: Talk) -> None:
        self._answers = bank_answers(talk) if talk.assessment is not None else {}
        self._table = talk.version.points

    def get(self, item: str) -> int | None:
        worth = self._table.get(item)
        return worth.get(self._answers.get(item, "")) if worth is not None else None


def bank_answers(talk: Talk) -> Mapping[str, str]:
    """Her answers to items: those of the check that is open or was last, upon what she said before.

    Who is asked the questions of her package again is still the business that answered the others.
    """
    assert talk.assessment is not None  # only asked for where there is one
    answers: Mapping[str, str] = talk.assessment.answers
    if talk.assessment.mode != "follow_up":
        return answers
    return {**_standing(talk).get("answers", {}), **answers}


def _assessment(talk: Talk) -> Mapping[str, Any]:
    current = talk.assessment
    if current is None:
        return {"open": False}
    return {"mode": current.mode, "open": current.completed is None}


def _todo(talk: Talk) -> Mapping[str, int]:
    package = package_of(talk)
    return {
        "size": len(package),
        "left": sum(not item.get("opened") for item in package),
        "doing": sum(is_open(item) for item in package),
        "done": sum(item.get("done") == "yes" for item in package),
    }


def _item(talk: Talk) -> Mapping[str, Any]:
    item = current_item(talk) or {}
    gap = _gap_of(talk, item)
    return {
        "film": gap is not None and gap.film is not None,
        "quiz": gap is not None,
        "starter": bool(item.get("starter")),
        "tips": gap.tips if gap is not None else 1,
        "tip_number": item.get("tip"),
        "writes": writes(talk),
        "done": item.get("done"),
        "promised": bool(item.get("promised")),
    }


def _gap_of(talk: Talk, item: Json) -> Gap | None:
    return talk.version.pack.gaps.get(item.get("gap") or "")


def writes(talk: Talk) -> Writes | None:
    """What the tip that is talked about asks her to write.

    A film ends with something to do now, which may be another tip's: who has read it may write that.
    """
    item = current_item(talk) or {}
    gap = _gap_of(talk, item)
    if gap is None:
        return None
    tip: int = item["tip"]
    wanted = gap.writes[tip - 1]
    if wanted is not None or not item.get("film"):
        return wanted
    asked = {of for other in talk.version.pack.gaps.values() if other.film == gap.film for of in other.writes}
    return "number" if "number" in asked else "sentence" if "sentence" in asked else None


def _interrupted(talk: Talk) -> Mapping[str, Any]:
    """The question in the middle of which this was said."""
    run = interrupted_run(talk)
    if run is None:
        return {}
    at = talk.flow_of(run).instructions[run.at]
    asking = at.step.asking(talk, at)
    assert asking is not None  # what was interrupted asks
    return {"flow": run.flow, "item": asking.item, "optional": asking.optional}


def interrupted_run(talk: Talk) -> Run | None:
    """The run whose question waits behind a menu or another aside, if any."""
    place = next((place for place, run in enumerate(talk.runs) if run.aside), 0)
    return talk.runs[place - 1] if place and "interrupted" in talk.runs[place].notes else None


def _standing(talk: Talk) -> Json:
    return (talk.business.standing if talk.business else None) or {}


def settings(talk: Talk) -> Mapping[str, bool]:
    """What she has chosen for herself: `save_data`."""
    chosen: Mapping[str, bool] = talk.memory.get("settings", {})
    return chosen


GROUPS: dict[str, Callable[[Talk], Group]] = {
    "profile": lambda talk: talk.business.profile if talk.business else {},
    "points": _Points,
    "answers": lambda talk: talk.answers,
    "consent": lambda talk: talk.consent,
    "questions": _Questions,
    "assessment": _assessment,
    "result": lambda talk: {"mode": _standing(talk).get("mode")},
    "score": lambda talk: _standing(talk).get("result") or {},
    "todo": _todo,
    "item": _item,
    "film": films.film_facts,
    "settings": settings,
    "survey": lambda talk: {"allowed": not surveys.next_allowed(talk)},
    "story": stories.story_facts,
    "case": lambda talk: {"ready": cases.best_case(talk) is not None},
    "meeting": meetings.facts,
    "change": cycles.change_facts,
    "since": lambda talk: {
        "baseline": cycles.days_since_baseline(talk),
        "cycle": cycles.cycle_of(talk, "full"),
    },
    "interrupted": _interrupted,
    "business": lambda talk: {
        "count": len(talk.businesses),
        "new": talk.business is None or not talk.business.profile,
    },
    "join": lambda talk: talk.note("join") or {},
    "pack": lambda talk: {"languages": len(talk.version.pack.languages)},
    "directory": lambda talk: {"item": len(entries_for_item(talk))},
    "conversation": lambda talk: {
        "channel": talk.channel,
        "language": talk.language,
        "language_known": bool(talk.note(LANGUAGE_KNOWN)),
        "after_pause": after_pause(talk),
        "way_back": bool(talk.trail),
    },
}


def after_pause(talk: Talk) -> bool:
    """Whether a visit begins: 30 minutes have passed since her last inbound (guide: indicator I03)."""
    return talk.now - talk.before.last_inbound > limits.VISIT_PAUSE * limits.SECOND


def entries_for_item(talk: Talk) -> tuple[Entry, ...]:
    """What the directory has for the gap of the package item that is talked about."""
    item = current_item(talk)
    gap = item.get("gap") if item else None
    return talk.live.pack.directory.fitting(talk.language, gap=gap) if gap else ()


# --- placeholders ----------------------------------------------------------------------------


def _result(talk: Talk, name: str) -> str | None:
    value = (_standing(talk).get("result") or {}).get(name)
    return str(value) if value is not None else None


def _level(talk: Talk, part: str) -> str:
    level = _result(talk, "level")
    return talk.text(f"levels/{level}/{part}") if level else ""


def _item_word(talk: Talk, part: str) -> str:
    item = current_item(talk)
    return item_text(talk, item, part) if item else ""


def item_text(talk: Talk, item: Json, part: str) -> str:
    """A package item's name, reason or tip in her language."""
    gap, starter = item.get("gap"), item.get("starter")
    if starter:
        return talk.text(f"starters/{starter}/{'name' if part == 'reason' else part}")
    return talk.text(f"gaps/{gap}/tips/{item['tip']}" if part == "tip" else f"gaps/{gap}/{part}")


def _change(talk: Talk, name: str) -> str:
    return str((_standing(talk).get("change") or {}).get(name, ""))


# What a check still asks: the items, and what is not known yet of the business and its people.
SETS: dict[str, tuple[Set, ...]] = {
    "package": ("package",),
    "quick": ("stage_1", "quick"),
    "full": ("stage_1", "full", "stage_2"),
    "people": ("stage_2",),
}


def _count(talk: Talk, what: str) -> int:
    """How many questions a check still asks: what it says before must be what comes."""
    from flows.bank import open_questions  # the bank room of steps; it reads facts itself

    if what not in talk.counted_open:
        talk.counted_open[what] = sum(len(open_questions(talk, which)) for which in SETS[what])
    return talk.counted_open[what]


def minutes(count: int) -> int:
    return max(1, round(count * SECONDS_PER_QUESTION / 60))


def _package_names(talk: Talk) -> str:
    lines = [f"{n}. {item_text(talk, item, 'name')}" for n, item in enumerate(package_of(talk), 1)]
    return "\n".join(lines)


PLACEHOLDERS: dict[str, Callable[[Talk], str]] = {
    "authority.name": lambda talk: talk.live.pack.authority.name,
    "authority.contact": lambda talk: talk.live.pack.authority.contact,
    "questions.quick": lambda talk: str(_count(talk, "quick")),
    "questions.full": lambda talk: str(_count(talk, "full")),
    "questions.people": lambda talk: str(_count(talk, "people")),
    "questions.package": lambda talk: str(_count(talk, "package")),
    "minutes.quick": lambda talk: str(minutes(_count(talk, "quick"))),
    "minutes.full": lambda talk: str(minutes(_count(talk, "full"))),
    "result.level": lambda talk: _level(talk, "name"),
    "result.say": lambda talk: _level(talk, "say"),
    "item.name": lambda talk: _item_word(talk, "name"),
    "item.reason": lambda talk: _item_word(talk, "reason"),
    "item.tip": lambda talk: _item_word(talk, "tip"),
    "item.number": lambda talk: str((item_place(talk) or 0) + 1),
    "todo.size": lambda talk: str(len(package_of(talk))),
    "todo.names": _package_names,
    "film.title": films.title,
    "film.seconds": films.seconds,
    "film.size": films.size,
    "film.language": films.language,
    "film.offer": films.offer,
    "meeting.title": meetings.title,
    "meeting.day": meetings.day,
    "change.better": lambda talk: _change(talk, "better"),
    "change.same": lambda talk: _change(talk, "same"),
    "change.worse": lambda talk: _change(talk, "worse"),
    "change.matched": lambda talk: _change(talk, "matched"),
    "change.closed": lambda talk: str(len((_standing(talk).get("change") or {}).get("closed", ()))),
    "change.before": lambda talk: cycles.overall(talk, 0),
    "change.after": lambda talk: cycles.overall(talk, 1),
    "conversation.code": lambda talk: talk.code,
    "join.code": lambda talk: str((talk.note("join") or {}).get("code", "")),
    "how_to_answer": lambda talk: talk.text("bank/how_to_answer"),
}


def fill_ins(talk: Talk, text: str, extra: Mapping[str, Any] | None = None) -> str:
    """The text with its placeholders filled. An unknown one stays as it is: the check has told."""
    known = {name: PLACEHOLDERS[name](talk) for name in placeholders(text) if name in PLACEHOLDERS}
    return fill(text, {**known, **(extra or {})})
