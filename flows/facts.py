"""What flows may know: the names in conditions, and the placeholders in texts.

Both are tables one can read. A name that is not here is a problem at load, never a surprise at
run time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from content.conditions import NUMBER, TEXT, YES_NO, Name
from content.words import fill, placeholders
from flows.values import Purpose

if TYPE_CHECKING:
    from content.bank import Which
    from flows.state import Json
    from flows.talk import Talk
    from flows.version import Version

PURPOSES: tuple[Purpose, ...] = ("guidance", "statistics", "reminders")
# Seconds that a question takes, from reading 45 words and pressing one of five (our own choice).
SECONDS_PER_QUESTION = 20

# `package` is a reserved word of CEL, so conditions call its items `todo`.
# Names in conditions beside `profile.<field>`, `points.<item>` and `answers.<ask>`:
# what they hold.
NAMES: dict[str, Name] = {
    "consent.guidance": YES_NO,
    "consent.statistics": YES_NO,
    "consent.reminders": YES_NO,
    "assessment.mode": Name("choice", frozenset({"quick", "full", "follow_up"})),
    "assessment.open": YES_NO,
    "result.mode": Name("choice", frozenset({"quick", "full", "follow_up"})),
    "score.overall": NUMBER,
    "score.level": Name("choice"),  # filled with the pack's levels
    "todo.size": NUMBER,
    "todo.left": NUMBER,
    "todo.done": NUMBER,
    "item.film": YES_NO,
    "item.quiz": YES_NO,
    "item.starter": YES_NO,
    "business.count": NUMBER,
    "business.new": YES_NO,
    "pack.languages": NUMBER,
    "conversation.channel": Name("choice", frozenset({"web", "terminal", "telegram", "whatsapp"})),
    "conversation.language": TEXT,
}


def points_of(version: Version, answers: Mapping[str, str]) -> dict[str, int | None]:
    """Points of each answered item; "I do not know" is 0, not applicable and skipped are null."""
    questions = version.questions
    return {id: questions[id].points_of(answer) for id, answer in answers.items() if id in questions}


def facts_of(talk: Talk) -> Json:
    """The map that conditions read: every declared name is there, null when unanswered."""
    version, business, assessment = talk.version, talk.business, talk.assessment
    pack = version.pack
    standing = (business.standing if business else None) or {}
    result = standing.get("result") or {}
    package = standing.get("package", ())
    item = current_item(talk)
    blank = version.blank
    return {
        "profile": {**blank["profile"], **(business.profile if business else {})},
        "points": {**blank["points"], **points_of(version, assessment.answers if assessment else {})},
        "answers": {**blank["answers"], **talk.answers},
        "consent": {purpose: talk.consent.get(purpose) for purpose in PURPOSES},
        "assessment": {
            "mode": assessment.mode if assessment else None,
            "open": assessment is not None and assessment.completed is None,
        },
        "result": {"mode": standing.get("mode")},
        "score": {"overall": result.get("overall"), "level": result.get("level")},
        "todo": {
            "size": len(package),
            "left": sum(not entry.get("opened") for entry in package),
            "done": sum(entry.get("done") == "yes" for entry in package),
        },
        "item": {
            "film": bool(item and (gap := pack.gaps.get(item["gap"])) and gap.film),
            "quiz": bool(item and item["gap"] in pack.gaps),
            "starter": bool(item and item.get("starter")),
        },
        "business": {"count": len(talk.businesses), "new": business is None or not business.profile},
        "pack": {"languages": len(pack.languages)},
        "conversation": {"channel": talk.channel, "language": talk.language},
    }


# --- the package item that is being talked about ---------------------------------------------


def package_of(talk: Talk) -> list[Json]:
    standing = talk.business.standing if talk.business else None
    return list((standing or {}).get("package", ()))


def item_place(talk: Talk) -> int | None:
    """Which package item is meant: the one a run is showing, else the last one that was opened."""
    package = package_of(talk)
    noted = talk.note("item")
    if isinstance(noted, int) and noted < len(package):
        return noted
    opened = [place for place, entry in enumerate(package) if entry.get("opened")]
    return opened[-1] if opened else None


def current_item(talk: Talk) -> Json | None:
    place = item_place(talk)
    return package_of(talk)[place] if place is not None else None


# --- placeholders ----------------------------------------------------------------------------


def _result(talk: Talk, name: str) -> str | None:
    standing = talk.business.standing if talk.business else None
    value = ((standing or {}).get("result") or {}).get(name)
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


def _count(talk: Talk, which: Which) -> int:
    from flows.bank import open_questions  # the bank room of steps; it reads facts itself

    return len(open_questions(talk, which))


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
    "how_to_answer": lambda talk: talk.text("bank/how_to_answer"),
}


def fill_ins(talk: Talk, text: str, extra: Json | None = None) -> str:
    """The text with its placeholders filled. An unknown one stays as it is: the check has told."""
    known = {name: PLACEHOLDERS[name](talk) for name in placeholders(text) if name in PLACEHOLDERS}
    return fill(text, {**known, **(extra or {})})
