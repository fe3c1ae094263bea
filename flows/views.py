"""What `show:` can show: messages made from her answers, in one table."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from content.scoring import shown
from flows import facts, limits
from flows.values import Reply

if TYPE_CHECKING:
    from flows.state import Json
    from flows.talk import Talk

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
    lines = [dimension_line(talk, id, score) for id, score in standing["result"]["dimensions"].items()]
    talk.replies.append(Reply("\n".join(lines), "text", talk.language))


def dimension_line(talk: Talk, id: str, score: float | None) -> str:
    name = talk.text(f"dimensions/{id}/name")
    if score is None:
        return talk.filled("engine/dimension_not_measured", {"name": name})
    return talk.filled("engine/dimension", {"name": name, "score": shown(score)})


def package(talk: Talk) -> None:
    """The package items by name."""
    talk.say("engine/package")


def my_data(talk: Talk) -> None:
    """Everything we know of her, in words, as short messages."""
    lines = [*_consents(talk), *_profile(talk), *_checks(talk)] or [talk.text("engine/nothing_kept")]
    for text in _short_messages(lines):
        talk.replies.append(Reply(text, "text", talk.language))


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


def _standing(talk: Talk) -> Json | None:
    standing = talk.business.standing if talk.business else None
    return standing if standing and standing.get("result") else None


VIEWS: dict[str, View] = {
    "result": result,
    "dimensions": dimensions,
    "package": package,
    "my_data": my_data,
}
