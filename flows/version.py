"""A version of a pack, ready to run: its flows as flat lists of instructions, its words and questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from content.bank import Bank, Question, Which, applicable
from content.conditions import Condition
from content.films import Film, spoken_parts
from content.guarded_yaml import Marks
from content.pack import Pack
from content.problems import Place
from content.words import LABEL, SOURCE_LANGUAGE, Words, fill
from flows.asking import Option
from flows.films import NO_FILMS, Films
from flows.model import Arm, Step
from flows.state import Json, State
from flows.understand import Labels, Lexicon, Said, Spoken, labels, lexicon, plain

if TYPE_CHECKING:
    from flows.facts import Facts

MOST_FITTING = 4096  # combinations of answers that are remembered
Path = tuple[str | int, ...]
FixedLabels = tuple[tuple[str, str, str], ...]


@dataclass(slots=True)
class Instruction:
    """One step at its place in a flow.

    key: where its words are, `{flow}/{step}`. target: where `go`, or the timeout of `ask`, leads. arms: the ways of a branch.
    """

    step: Step
    id: str
    key: str
    place: int
    at: Place
    path: Path
    condition: Condition | None = None
    target: int | None = None
    arms: list[Arm] = field(default_factory=list)
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Flow:
    id: str
    title: str
    said: tuple[str, ...]
    main: bool
    about: str | None
    survey: str | None
    when: Condition | None
    instructions: tuple[Instruction, ...]
    file: str
    marks: Marks

    def structure(self) -> Any:
        """All but the words, as plain JSON values."""
        steps = [
            [i.step.kind, i.step.shape(), i.target, [arm.target for arm in i.arms]] for i in self.instructions
        ]
        return [
            self.id, self.when.source if self.when else None, self.main, self.about, self.survey, steps
        ]  # fmt: skip


@dataclass(slots=True)
class Version:
    """One version of a pack, ready to run.

    structure and content are its two hashes; instrument names the items and their scoring, so that
    results are compared within one only; texts are the words as they are written, before terms are put
    in; questions are all fields and items by id; points are what each possible answer to an item is
    worth; campaigns say for whom each is, by its id, where it is not for everybody.
    """

    structure: str
    content: str
    instrument: str
    pack: Pack
    flows: Mapping[str, Flow]
    words: Words
    texts: Mapping[str, str]
    questions: Mapping[str, Question]
    points: Mapping[str, Mapping[str, int | None]]
    campaigns: Mapping[str, Condition] = field(default_factory=dict)
    _fitting: dict[tuple[Any, ...], tuple[Question, ...]] = field(default_factory=dict)
    _asked_for: dict[Which, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    _progress: dict[tuple[int, int, str], str] = field(default_factory=dict)
    _more: dict[str, str] = field(default_factory=dict)
    _spoken: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    _said: dict[str, Said] = field(default_factory=dict)
    _languages_said: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _lexicons: dict[str, Lexicon] = field(default_factory=dict)
    _labels: dict[tuple[str, str], Labels] = field(default_factory=dict)
    _options: dict[str, tuple[Option, ...]] = field(default_factory=dict)
    _fixed: dict[tuple[tuple[str, ...], str, str], FixedLabels | None] = field(default_factory=dict)

    def fitting(self, which: Which, facts: Facts) -> tuple[Question, ...]:
        """The questions of a set that fit a business, in order.

        Few names decide which fit, and few combinations of their values come up: each is worked
        out once.
        """
        if which not in self._asked_for:
            self._asked_for[which] = _names_deciding(self.pack.bank, which)
        names = self._asked_for[which]
        key = (which, *[facts.get(group).get(name) for group, name in names])
        found = self._fitting.get(key)
        if found is None:
            if len(self._fitting) >= MOST_FITTING:
                self._fitting.clear()
            found = self._fitting[key] = applicable(self.pack.bank, facts, which)
        return found

    def spoken(self, film: Film, language: str) -> tuple[str, ...]:
        """What is said in a film, as short messages; parted once for each language."""
        key = (film.id, language)
        if key not in self._spoken:
            self._spoken[key] = spoken_parts(film, self.words, language)
        return self._spoken[key]

    def progress_words(self, place: int, count: int, language: str) -> str:
        """ "4 of 9" in a language."""
        key = (place, count, language)
        if key not in self._progress:
            text = self.words.of("engine/progress", language)
            self._progress[key] = fill(text, {"place": place, "count": count})
        return self._progress[key]

    def more_words(self, language: str) -> str:
        """What leads to more choices, in a language."""
        if language not in self._more:
            self._more[language] = self.words.of("engine/more", language)
        return self._more[language]

    @property
    def levels(self) -> tuple[str, ...]:
        return tuple(level.id for level in self.pack.scoring.levels)

    def has_item(self, item: Json) -> bool:
        """Whether a package item is one of this pack: its gap, its tip, or a first step."""
        gap = self.pack.gaps.get(item.get("gap") or "")
        if gap is not None:
            return bool(1 <= item.get("tip", 1) <= gap.tips)
        return item.get("starter") in self.pack.starters

    def said(self, language: str) -> Said:
        """Plain words that start a system flow, in her language first, then in all others; commands stand in the source."""
        if language not in self._said:
            phrases: dict[str, str] = {}
            for tag in dict.fromkeys((language, *self.pack.languages, SOURCE_LANGUAGE)):
                for flow in self.flows.values():
                    if flow.said:
                        for phrase in self.words.of(f"{flow.id}/said", tag).split("|"):
                            phrases.setdefault(plain(phrase), flow.id)
            self._said[language] = Said(phrases, self.lexicon(language))
        return self._said[language]

    def language_said(self, text: str) -> str | None:
        """The language of the pack to which these words belong: those that start a flow in this one alone."""
        if not self._languages_said:
            self._languages_said.update(_languages_said(self))
        languages = self._languages_said.get(plain(text), ())
        return languages[0] if len(languages) == 1 else None

    def lexicon(self, language: str) -> Lexicon:
        """The lists of a language that say how typed words are read."""
        if language not in self._lexicons:
            self._lexicons[language] = lexicon(lambda key: self.words.of(key, language))
        return self._lexicons[language]

    def options_of(self, question: Question) -> tuple[Option, ...]:
        """The choices of a field or item, as they are asked."""
        if question.id not in self._options:
            self._options[question.id] = tuple(
                Option(choice.id, f"bank/{question.id}/choices/{choice.id}", choice.low, choice.high)
                for choice in question.choices
            )
        return self._options[question.id]

    def fixed_labels(self, options: tuple[Option, ...], language: str, channel: str) -> FixedLabels | None:
        """(id, label, short label) of each option; None if a label has words to fill in, or none here."""
        key = (tuple([option.key for option in options]), language, channel)
        if key not in self._fixed:
            self._fixed[key] = self._fixed_labels(options, language, channel)
        return self._fixed[key]

    def _fixed_labels(self, options: tuple[Option, ...], language: str, channel: str) -> FixedLabels | None:
        labels = []
        for option in options:
            if option.label is not None or not self.words.has(option.key):
                return None
            label = self.words.of(option.key, language, channel=channel)
            if "{" in label:
                return None
            short = self.words.of(option.key, language, short=True, channel=channel)
            labels.append((option.id, label, short_of(label, short)))
        return tuple(labels)

    def labels_of(self, options: tuple[Option, ...], language: str) -> Labels:
        """The words that stand for options in a language, compared with what people type."""
        if options and options[0].label is not None:
            spoken: list[Spoken] = [(option, [option.label or ""], []) for option in options]
            return labels(spoken, self.lexicon(language))
        cached = (options[0].key if options else "", language)
        if cached not in self._labels:
            spoken = [self._spoken_for(option, language) for option in options]
            self._labels[cached] = labels(spoken, self.lexicon(language))
        return self._labels[cached]

    def _spoken_for(self, option: Option, language: str) -> Spoken:
        """A version may lack the words of an option: another one asked the question."""
        if not self.words.has(option.key):
            return option, [], []
        shown = [self.words.of(option.key, language), self.words.of(option.key, language, short=True)]
        synonyms = option.key.replace("/choices/", "/synonyms/")
        others = self.words.of(synonyms, language).split("|") if self.words.has(synonyms) else []
        return option, shown, others


def _languages_said(version: Version) -> dict[str, tuple[str, ...]]:
    """Plain words that start a flow -> the languages with a list of their own in which they stand.

    Commands and signs belong to no language.
    """
    found: dict[str, tuple[str, ...]] = {}
    for language in version.pack.languages:
        lists = [_said_in(version.words, f"{flow.id}/said", language) for flow in version.flows.values()]
        for phrase in {plain(phrase) for phrases in lists for phrase in phrases}:
            if not phrase.startswith("/") and any(map(str.isalpha, phrase)):
                found[phrase] = (*found.get(phrase, ()), language)
    return found


def _said_in(words: Words, key: str, language: str) -> list[str]:
    """The list of a language itself; none where the source stands in for it."""
    is_source = language.partition("-")[0] == SOURCE_LANGUAGE
    if not words.has(key) or (words.language_of(key, language) == SOURCE_LANGUAGE and not is_source):
        return []
    return words.of(key, language).split("|")


def _names_deciding(bank: Bank, which: Which) -> tuple[tuple[str, str], ...]:
    """The names that the conditions of a set read: ("profile", "size"), ("points", "C1") ..."""
    asked = bank.fields if which in ("stage_1", "stage_2") else bank.items
    paths = {path for question in asked if question.when for path in question.when.paths}
    return tuple((group, name) for group, _, name in (path.partition(".") for path in sorted(paths)))


class UnknownVersionError(KeyError):
    """A run is pinned to a structure that has not been loaded."""


def short_of(label: str, short: str) -> str:
    """The short label where the label is too long for a button, and there is one."""
    return short if len(label) > LABEL and short != label else ""


@dataclass(frozen=True, slots=True)
class Versions:
    """The live version of a programme's pack, the older ones that people are still in, and the films there are."""

    live: Version
    older: Mapping[str, Version] = field(default_factory=dict)
    films: Films = NO_FILMS

    def get(self, structure: str) -> Version:
        if structure == self.live.structure:
            return self.live
        try:
            return self.older[structure]
        except KeyError:
            raise UnknownVersionError(structure) from None

    def missing(self, state: State) -> set[str]:
        """Structures that a conversation is pinned to and that are not loaded."""
        pinned = {frame.structure for frame in state.frames}
        pinned.update([place[1] for places in state.trail for place in places])
        pinned.discard(self.live.structure)
        return pinned - self.older.keys() if pinned else pinned
