"""What flows may know: the names in conditions, and the placeholders in texts.

Both are tables one can read. A name that is not here is a problem at load, never a surprise at
run time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from content.conditions import NUMBER, TEXT, YES_NO, Name
from content.words import fill, placeholders
from flows import limits
from flows.values import Purpose

if TYPE_CHECKING:
    from content.bank import Which
    from content.directory import Entry
    from content.gaps import Gap, Writes
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


class Facts:
    """The map that conditions read, group by group, each made when somebody asks for it.

    A name without an answer is null: conditions read what is missing that way.
    """

    __slots__ = ("_known", "_talk")

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._known: dict[str, Mapping[str, Any]] = {}

    def get(self, group: str, default: Any = None) -> Mapping[str, Any]:
        """The names of a group with their values. Every group exists: the checks have seen to it."""
        known = self._known.get(group)
        if known is None:
            known = self._known[group] = GROUPS[group](self._talk)
        return known


def _points(talk: Talk) -> Mapping[str, int | None]:
    """Points of each answered item; "I do not know" is 0, not applicable and skipped are null."""
    if talk.assessment is None:
        return {}
    table = talk.version.points
    return {
        id: table[id][answer] for id, answer in talk.assessment.answers.items() if answer in table.get(id, ())
    }


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


def is_open(item: Json) -> bool:
    """Whether she has seen a package item and has not said that she did it."""
    return bool(item.get("opened")) and item.get("done") != "yes"


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


GROUPS: dict[str, Callable[[Talk], Mapping[str, Any]]] = {
    "profile": lambda talk: talk.business.profile if talk.business else {},
    "points": _points,
    "answers": lambda talk: talk.answers,
    "consent": lambda talk: talk.consent,
    "questions": lambda talk: {
        "quick": _count(talk, "quick"),
        "full": _count(talk, "full"),
        "people": _count(talk, "people"),
    },
    "assessment": _assessment,
    "result": lambda talk: {"mode": _standing(talk).get("mode")},
    "score": lambda talk: _standing(talk).get("result") or {},
    "todo": _todo,
    "item": _item,
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


# --- the package item that is being talked about ---------------------------------------------


def package_of(talk: Talk) -> list[Json]:
    package: list[Json] = _standing(talk).get("package", [])
    return package


def item_place(talk: Talk) -> int | None:
    """Which package item is meant: the one a run is showing, else the last opened that is still to do."""
    package = package_of(talk)
    noted = talk.note("item")
    if isinstance(noted, int) and noted < len(package):
        return noted
    opened = [place for place, entry in enumerate(package) if entry.get("opened")]
    to_do = [place for place in opened if is_open(package[place])]
    return next(reversed(to_do or opened), None)


def current_item(talk: Talk) -> Json | None:
    place = item_place(talk)
    return package_of(talk)[place] if place is not None else None


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


def _film_title(talk: Talk) -> str:
    item = current_item(talk)
    gap = talk.version.pack.gaps.get(item["gap"]) if item and item.get("gap") else None
    return talk.text(f"films/{gap.film}/title") if gap and gap.film else ""


# What a check still asks: the items, and what is not known yet of the business and its people.
SETS: dict[str, tuple[Which, ...]] = {
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
    "film.title": _film_title,
    "conversation.code": lambda talk: talk.code,
    "join.code": lambda talk: str((talk.note("join") or {}).get("code", "")),
    "how_to_answer": lambda talk: talk.text("bank/how_to_answer"),
}


def fill_ins(talk: Talk, text: str, extra: Mapping[str, Any] | None = None) -> str:
    """The text with its placeholders filled. An unknown one stays as it is: the check has told."""
    known = {name: PLACEHOLDERS[name](talk) for name in placeholders(text) if name in PLACEHOLDERS}
    return fill(text, {**known, **(extra or {})})
