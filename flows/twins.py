"""The same conversation in another language: what people press and write there has to lead the same way.

A conversation test is written once, in English. Its twin holds it in another language of the pack: it
presses the same choices, writes that language's words where the test has words of ours, and must stand at
the same place after every line, having been answered in its own language.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from content.words import SOURCE_LANGUAGE
from flows.understand import plain

if TYPE_CHECKING:
    from flows.asking import Option
    from flows.state import Json
    from flows.values import Reply
    from flows.version import Version

Meant = Callable[[str], "Option | None"]  # the choice of the open question that a text stands for


def in_their_words(text: str, meant: Option | None, theirs: Meant, version: Version, language: str) -> str:
    """What somebody writes in a language in place of an English text.

    meant: the choice of the open question that the English text stands for; then its label is written.
    For words that start a flow those of the language are written which are no choice of the question, as
    `theirs` says. Of anything else the number counts, and without one the text as it is.
    """
    if meant is not None:
        return meant.label or version.words.of(meant.key, language)
    said = plain(text)
    for flow in version.flows.values():
        key = f"{flow.id}/said"
        if (
            flow.said
            and not text.startswith("/")
            and said in map(plain, _listed(version, key, SOURCE_LANGUAGE))
        ):
            phrases = _listed(version, key, language)
            return next((phrase for phrase in phrases if theirs(phrase) is None), phrases[0])
    number = re.search(r"\b\d+\b", text)
    return number[0] if number else text


def _listed(version: Version, key: str, language: str) -> list[str]:
    return [phrase.strip() for phrase in version.words.of(key, language).split("|")]


def difference(
    first: Json, second: Json, replies: list[Reply], others: list[Reply], language: str
) -> str | None:
    """What is not the same in two conversations after the same line; None if all is.

    first, second: their states. replies, others: what was said since the line before.
    """
    for name in sorted(first.keys() | second.keys()):
        if name != "language" and first.get(name) != second.get(name):
            return f"{name}: {second.get(name)} instead of {first.get(name)}"
    if [_shape(one) for one in replies if _counts(one)] != [_shape(one) for one in others if _counts(one)]:
        return f"{[_shape(one) for one in others]} instead of {[_shape(one) for one in replies]}"
    if second.get("language") == language:
        foreign = next((one for one in others if one.lang != language), None)
        return f"it says '{foreign.text}' in {foreign.lang}" if foreign else None
    return None


def _counts(reply: Reply) -> bool:
    """How many messages a longer text is split into depends on its language."""
    return reply.kind != "text"


def _shape(reply: Reply) -> Any:
    choices = [choice.value.partition(":")[2] for choice in reply.choices]
    return reply.kind, reply.expects, choices
