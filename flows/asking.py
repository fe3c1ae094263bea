"""A question as it is being asked: what the engine, the channels and the readers of answers share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

NO_FACTS: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Option:
    """One possible answer. `key` is where its words are; `low` to `high` the numbers it stands for.

    label: words to show instead, for choices that no text stands for (the names of languages).
    """

    id: str
    key: str
    low: int | None = None
    high: int | None = None
    exclusive: bool = False
    label: str | None = None


class Asking(NamedTuple):
    """A question that is about to be asked or waits for its answer.

    say, help, why: keys of its words.
    progress: gives (4, 9) for "4 of 9", when the question is shown; to read an answer nobody counts.
    optional: *skip* is allowed. item: *I do not know* and *this does not fit* have a meaning.
    facts: what its placeholders may use beside the common ones.
    when_film_ends: the choice that is taken when the film that was sent has been played to its end.
    own_words: the answer that stands for words of her own in place of a choice.
    numbers: a typed number is such words too, so the choices have letters.
    exact: only the words of a choice count, and no guess at what comes near them.
    """

    say: str
    type: str
    options: tuple[Option, ...] = ()
    help: str | None = None
    why: str | None = None
    progress: Callable[[], tuple[int, int]] | None = None
    optional: bool = True
    item: bool = False
    least: float | None = None
    most: float | None = None
    facts: Mapping[str, Any] = NO_FACTS
    when_film_ends: str | None = None
    own_words: str | None = None
    numbers: bool = False
    exact: bool = False

    @property
    def lettered(self) -> bool:
        return self.numbers or any(option.low is not None for option in self.options)

    def option(self, id: str) -> Option | None:
        return next((option for option in self.options if option.id == id), None)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was understood. `value` is a choice id, a list of them, a number or a text.

    how: `choice`, `skipped`, `unknown` or `not_applicable`.
    """

    value: Any
    how: str = "choice"
