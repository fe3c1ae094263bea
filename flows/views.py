"""What `show:` can show: messages made from her answers, in one table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from content.languages import language_name
from content.scoring import shown
from flows import cases, cycles, facts, limits, meetings, stories
from flows.package import current_item, package_of
from flows.values import Link, Reply

if TYPE_CHECKING:
    from content.cases import Case
    from content.charter import Product
    from content.laws import Law
    from content.meetings import Meeting
    from flows.state import Json
    from flows.talk import Talk

MOST_LAWS = 3

View = Callable[["Talk"], None]


def result(talk: Talk) -> None:
    """Her level in words, with the sentence that goes with it."""
    standing = _standing(talk)
    if standing is None:
        talk.say("engine/no_result")
        return
    if standing["result"].get("level") is None:
        talk.say("engine/not_measured")
        return
    talk.say("engine/result_estimate" if standing["mode"] == "quick" else "engine/result")
    talk.event("result_shown", mode=standing["mode"])


def dimensions(talk: Talk) -> None:
    """The nine sides, one line each: as a part of 100, or "not measured"."""
    standing = _standing(talk)
    if standing is None or standing["mode"] == "quick":
        return
    scores = standing["result"]["dimensions"].items()
    talk.say_lines(lambda: "\n".join(dimension_line(talk, id, score) for id, score in scores))


def dimension_line(talk: Talk, id: str, score: float | None) -> str:
    name = talk.text(f"dimensions/{id}/name")
    if score is None:
        return talk.filled("engine/dimension_not_measured", {"name": name})
    return talk.filled("engine/dimension", {"name": name, "score": shown(score)})


def package(talk: Talk) -> None:
    """The package items by name."""
    talk.say("engine/package")


def path(talk: Talk) -> None:
    """How far she is with each step of her package, one line each."""
    talk.say_lines(lambda: package_lines(talk))


def package_lines(talk: Talk) -> str:
    lines = []
    for number, item in enumerate(package_of(talk), 1):
        if not item.get("aside"):
            extra = {"number": number, "name": facts.item_text(talk, item, "name")}
            lines.append(talk.filled(_how_far(item), extra))
    return "\n".join(lines)


def _how_far(item: Json) -> str:
    if item.get("done") == "yes":
        return "engine/path_done"
    if item.get("done") == "partly":
        return "engine/path_partly"
    return "engine/path_open" if item.get("opened") else "engine/path_waiting"


def change(talk: Talk) -> None:
    """The first measurement beside the latest, side by side in words; what was not compared is left out."""
    if cycles.standing_of(talk).get("change"):
        talk.say_lines(lambda: change_lines(talk))


def change_lines(talk: Talk) -> str:
    change = cycles.standing_of(talk).get("change") or {"dimensions": {}}
    return "\n".join(
        talk.filled(
            "engine/change_dimension",
            {"name": talk.text(f"dimensions/{id}/name"), "before": shown(pair[0]), "after": shown(pair[1])},
        )
        for id, pair in change["dimensions"].items()
    )


def my_data(talk: Talk) -> None:
    """Everything we know of her, in words, as short messages."""
    messages, language = talk.in_one_language(lambda: _short_messages(_known(talk)))
    talk.replies += [Reply(text, "text", language) for text in messages]


def _known(talk: Talk) -> list[str]:
    lines = [*_consents(talk), *_profile(talk), *_checks(talk), *_story(talk), *_meetings_kept(talk)]
    return lines or [talk.text("engine/nothing_kept")]


def _short_messages(lines: list[str]) -> list[str]:
    """Lines put together as long as a message stays short."""
    messages: list[str] = []
    for line in lines:
        joined = f"{messages[-1]}\n{line}" if messages else line
        if messages and len(joined) <= limits.SHORT_MESSAGE:
            messages[-1] = joined
        else:
            messages.append(line)
    return messages


def _consents(talk: Talk) -> list[str]:
    lines = []
    for purpose in facts.PURPOSES:
        if purpose in talk.consent:
            answer = talk.text("engine/yes" if talk.consent[purpose] else "engine/no")
            lines.append(f"{talk.text(f'engine/purpose_{purpose}')}: {answer}")
    return lines


def _profile(talk: Talk) -> list[str]:
    if talk.business is None:
        return []
    lines = []
    for field in talk.live.pack.bank.fields:
        id, value = field.id, talk.business.profile.get(field.id)
        if value is not None and field.choice(value) is not None:
            lines.append(f"{talk.text(f'bank/{id}/ask')} {talk.text(f'bank/{id}/choices/{value}')}")
    return lines


def _checks(talk: Talk) -> list[str]:
    if talk.assessment is None:
        return []
    answered = len(talk.assessment.answers)
    return [talk.filled("engine/answers_kept", {"count": answered})]


def _story(talk: Talk) -> list[str]:
    return [talk.text("engine/story_kept")] if stories.is_told(talk) else []


def _standing(talk: Talk) -> Json | None:
    standing = talk.business.standing if talk.business else None
    return standing if standing and standing.get("result") else None


def laws(talk: Talk) -> None:
    """The rules an economy tells its businesses of: those for the package item, else the first three."""
    known = talk.live.pack.laws.values()
    item = current_item(talk) or {}
    fitting = [law for law in known if item.get("gap") in law.gaps] or list(known)
    if not fitting:
        talk.say("engine/laws_none")
    for law in fitting[:MOST_LAWS]:
        talk.say_made(partial(_law, talk, law))


def _law(talk: Talk, law: Law) -> tuple[str, Link | None]:
    link = Link(talk.text("engine/read_more"), law.source) if law.source else None
    return f"{talk.text(f'laws/{law.id}/name')}: {talk.text(f'laws/{law.id}/say')}", link


def case(talk: Talk) -> None:
    """What another business did, the one most like hers that she has not heard of; nothing without one."""
    found = cases.best_case(talk)
    if found is not None:
        talk.say_made(partial(case_lines, talk, found))
        cases.tell(talk, found)


def case_lines(talk: Talk, case: Case) -> tuple[str, Link | None]:
    link = Link(talk.text("engine/read_more"), case.source) if case.source and case.is_named else None
    say = talk.text(f"cases/{case.id}/say")
    if not case.is_named:
        return talk.filled("engine/case_unnamed", {"say": say}), link
    return talk.filled("engine/case_named", {"who": talk.text(f"cases/{case.id}/who"), "say": say}), link


def meeting(talk: Talk) -> None:
    """The meeting that is talked about: title, day and sessions, with its link."""
    of = meetings.current(talk)
    if of is not None:
        link = of.link
        talk.say_made(
            lambda: (_meeting_lines(talk, of), Link(talk.text("engine/read_more"), link) if link else None)
        )


def _meeting_lines(talk: Talk, of: Meeting) -> str:
    names = [talk.text(option.key) for option in meetings.sessions(talk)]
    return "\n".join([meetings.title(talk), meetings.day(talk), *(f"• {name}" for name in names)])


def _meetings_kept(talk: Talk) -> list[str]:
    joined = [code for code in talk.memory.get("meetings", ()) if code in talk.live.pack.meetings]
    names = ", ".join(talk.text(f"meetings/{code}/title") for code in joined)
    return [talk.filled("engine/meetings_kept", {"names": names})] if names else []


def sells_well(talk: Talk) -> None:
    """The two products that sell well online now, where the economy has named them."""
    economy = talk.live.pack.economy
    if economy is not None and economy.sells_well:
        products = economy.sells_well
        talk.say_lines(lambda: talk.filled("engine/sells_well", {"names": _named(talk, products)}))


def _named(talk: Talk, products: Sequence[Product]) -> str:
    return ", ".join(talk.text(f"products/{product.id}") for product in products)


def language(talk: Talk) -> None:
    """The language in which we write, and the way to another, for whom nobody has asked."""
    talk.say("engine/language_guessed", {"language": language_name(talk.language)})


def chapter(talk: Talk) -> None:
    """The chapter of the guidebook that was chosen: each gap with its first tip."""
    messages, language = talk.in_one_language(lambda: _short_messages(_of_chapter(talk)))
    talk.replies += [Reply(text, "text", language) for text in messages]


def _of_chapter(talk: Talk) -> list[str]:
    chosen = talk.note("chapter")
    return [
        talk.filled(
            "engine/chapter_gap",
            {"name": talk.text(f"gaps/{gap.id}/name"), "tip": talk.text(f"gaps/{gap.id}/tips/1")},
        )
        for gap in talk.version.pack.gaps.values()
        if gap.dimension == chosen
    ]


VIEWS: dict[str, View] = {
    "result": result,
    "dimensions": dimensions,
    "package": package,
    "path": path,
    "change": change,
    "my_data": my_data,
    "laws": laws,
    "meeting": meeting,
    "case": case,
    "sells_well": sells_well,
    "language": language,
    "chapter": chapter,
}
