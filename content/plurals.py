"""Words that go with a number: "{questions.people?question|questions}" is one form for each plural of the language.

The forms stand in gettext's order: English has two (one, many), Vietnamese one, Arabic six.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Callable, Iterator
from functools import cache

from content.problems import Place, Report

_PLURAL = re.compile(r"\{([a-z_][a-z0-9_.]*)\?([^{}]*)\}")


def has_plurals(text: str) -> bool:
    return "?" in text and _PLURAL.search(text) is not None


def plurals_in(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The numbers that words of this text go with, each with its forms."""
    return ((match[1], tuple(match[2].split("|"))) for match in _PLURAL.finditer(text))


def without_plurals(text: str) -> str:
    return _PLURAL.sub("", text)


def resolved(text: str, language: str, number: Callable[[str], str]) -> str:
    """The text with the form that goes with each number. `number` gives it by its name, as it is written."""

    def form(match: re.Match[str]) -> str:
        forms, said = match[2].split("|"), number(match[1])
        place = _rule(language)[1](int(said)) if said.isdecimal() else len(forms) - 1
        return forms[min(place, len(forms) - 1)]

    return _PLURAL.sub(form, text)


def forms_of(language: str) -> int:
    """How many plurals a language has, as gettext counts them."""
    return _rule(language)[0]


@cache
def _rule(language: str) -> tuple[int, Callable[[int], int]]:
    from babel.messages.plurals import get_plural

    count, expression = get_plural(language.replace("-", "_"))[:2]
    return count, gettext.c2py(expression)


def check_plurals(text: str, language: str, place: Place, report: Report) -> None:
    """Reports words that have more or fewer forms than their language."""
    for name, forms in plurals_in(text):
        if len(forms) != forms_of(language):
            report.add(
                "TEXT-019", place, name=name, language=language, found=len(forms), wanted=forms_of(language)
            )
