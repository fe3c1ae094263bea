"""The bank: fields about the business and items with points, read from bank.yaml.

Frozen values without words; the words stand under `bank/...` and `dimensions/...` (docs/developer/architecture.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from content import conditions
from content.conditions import NUMBER, Condition, Name, Vocabulary, check_condition
from content.guarded_yaml import Document, Path
from content.problems import Place, Report, did_you_mean
from content.shapes import Code, File, Id, Shape, Text, YesNo, check_schema, shaped
from content.words import QUESTION, SHORT, check_label, check_length

POINTS = (0, 1, 2, 3, 4)
MOST_POINTS = POINTS[-1]

UNKNOWN = "unknown"  # "I don't know": 0 points, counted apart
NOT_APPLICABLE = "not_applicable"  # left out of everything
SKIPPED = "skipped"  # as if not answered
SPECIAL = frozenset({UNKNOWN, NOT_APPLICABLE, SKIPPED})

Which = Literal["stage_1", "stage_2", "quick", "full"]
Facts = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Choice:
    """One possible answer. `points` for items; `low` to `high` the numbers it stands for (high None: no end)."""

    id: str
    points: int | None = None
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A field or an item. `slot` is shared by the variants of an item.

    has_help, has_why, has_group, has_group_why: which words there are beside the question
    (`.../help`, `.../why`, `.../ask@group`, `.../why@group`).
    """

    id: str
    kind: Literal["field", "item"]
    choices: tuple[Choice, ...]
    when: Condition | None = None
    stage: int | None = None
    dimension: str | None = None
    gap: str | None = None
    slot: str = ""
    quick: bool = False
    has_help: bool = False
    has_why: bool = False
    has_group: bool = False
    has_group_why: bool = False
    _by_id: Mapping[str | None, Choice] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_id", {choice.id: choice for choice in self.choices})

    def choice(self, id: str | None) -> Choice | None:
        return self._by_id.get(id)

    def points_of(self, answer: str | None) -> int | None:
        """0 to 4, or None for what has no points: no answer, skipped, not applicable."""
        if answer == UNKNOWN:
            return 0
        choice = self.choice(answer)
        return choice.points if choice else None


@dataclass(frozen=True, slots=True)
class Bank:
    """All questions of an instrument, in the order of the file."""

    id: str
    version: str
    dimensions: tuple[str, ...]
    fields: tuple[Question, ...]
    items: tuple[Question, ...]

    @property
    def instrument(self) -> str:
        """Names the instrument and its version: results are compared within one only."""
        return f"{self.id} {self.version}"

    def question(self, id: str) -> Question | None:
        return next((question for question in (*self.fields, *self.items) if question.id == id), None)

    def field(self, id: str) -> Question | None:
        return next((field for field in self.fields if field.id == id), None)

    def item(self, id: str) -> Question | None:
        return next((item for item in self.items if item.id == id), None)

    def vocabulary(self) -> Vocabulary:
        """What conditions may ask about this bank: profile.<field> and points.<item>."""
        return vocabulary_of((*self.fields, *self.items))


def vocabulary_of(questions: Sequence[Question]) -> dict[str, Name]:
    names: dict[str, Name] = {}
    for question in questions:
        if question.kind == "field":
            names[f"profile.{question.id}"] = Name("choice", frozenset(c.id for c in question.choices))
        else:
            names[f"points.{question.id}"] = NUMBER
    return names


def facts_of(bank: Bank, profile: Mapping[str, Any], answers: Mapping[str, str]) -> Facts:
    """The complete facts about a business for conditions; null where there is no answer."""
    return {
        "profile": {field.id: profile.get(field.id) for field in bank.fields},
        "points": {item.id: item.points_of(answers.get(item.id)) for item in bank.items},
    }


def applicable(bank: Bank, facts: conditions.Facts, which: Which) -> tuple[Question, ...]:
    """The questions that this business is to be asked, in order; of a slot at most one.

    stage_1 and stage_2 are fields, quick and full are items. In `full` the items come dimension by
    dimension.
    """
    if which in ("stage_1", "stage_2"):
        stage = 1 if which == "stage_1" else 2
        return tuple(f for f in bank.fields if f.stage == stage and _fits(f, facts))
    slots: dict[str, Question] = {}
    for item in bank.items:
        if (which == "full" or item.quick) and item.slot not in slots and _fits(item, facts):
            slots[item.slot] = item
    if which == "quick":
        return tuple(slots.values())
    order = {dimension: place for place, dimension in enumerate(bank.dimensions)}
    return tuple(sorted(slots.values(), key=lambda item: order[item.dimension or ""]))


def _fits(question: Question, facts: conditions.Facts) -> bool:
    return question.when is None or question.when.holds(facts)


# What an author writes


def _as_mapping(value: Any) -> Any:
    return {"text": value} if isinstance(value, str) else value


class ChoiceShape(Shape):
    text: Text
    short: Text | None = None
    points: Annotated[int, Field(ge=0, le=MOST_POINTS)] | None = None
    range: Text | None = None


Choices = dict[Id, Annotated[ChoiceShape, BeforeValidator(_as_mapping)]]
Synonyms = dict[str, list[Text]]  # other words for a choice that people may type, by its id


class FieldShape(Shape):
    field: Id
    stage: Literal["1", "2"]
    ask: Text
    ask_group: Text | None = None
    help: Text | None = None
    why: Text | None = None
    why_group: Text | None = None
    when: Text | None = None
    choices: Choices
    synonyms: Synonyms = Field(default_factory=dict)


class ItemShape(Shape):
    item: Code
    variant_of: Code | None = None
    dimension: Id | None = None
    gap: Id | None = None
    quick: YesNo | None = None
    ask: Text
    ask_group: Text | None = None
    help: Text | None = None
    why: Text | None = None
    why_group: Text | None = None
    when: Text | None = None
    choices: Choices
    synonyms: Synonyms = Field(default_factory=dict)


class DimensionShape(Shape):
    name: Text
    short: Text | None = None  # for the picture of the result


class BankShape(File):
    bank: Annotated[Text, Field(max_length=40)]
    version: Text
    how_to_answer: Text
    dimensions: dict[Id, DimensionShape]
    fields: list[Any]  # each is checked on its own, so that one mistake does not hide the next
    items: list[Any]


def read_bank(document: Document, report: Report) -> tuple[Bank, dict[str, str]] | None:
    """The bank and its words, or None with problems in the report."""
    before = len(report.errors)
    file = shaped(BankShape, document, (), document.value, "bank.yaml", report)
    if file is None:
        return None
    check_schema(file, document, report)
    reader = _Reader(document, file, report)
    fields = [field for index, data in enumerate(file.fields) if (field := reader.field(index, data))]
    items = [item for index, data in enumerate(file.items) if (item := reader.item(index, data))]
    if len(report.errors) > before:
        return None
    bank = Bank(file.bank, file.version, tuple(file.dimensions), tuple(fields), tuple(items))
    return bank, reader.texts


class _Reader:
    """Reads question after question; each may ask about those before it."""

    def __init__(self, document: Document, file: BankShape, report: Report) -> None:
        self.texts = {"bank/how_to_answer": file.how_to_answer}
        for id, dimension in file.dimensions.items():
            self.texts |= label_texts(f"dimensions/{id}/name", dimension.name, dimension.short)
        self._document = document
        self._report = report
        self._dimensions = tuple(file.dimensions)
        self._places: dict[str, Place] = {}
        self._items: dict[str, Question] = {}
        self._vocabulary: dict[str, Name] = {}
        self._later = _ids(file.fields, "field", "profile.") | _ids(file.items, "item", "points.")

    def field(self, index: int, data: Any) -> Question | None:
        path: Path = ("fields", index)
        shape = shaped(FieldShape, self._document, path, data, _what("field", data), self._report)
        if shape is None or not self._is_new(shape.field, (*path, "field")):
            return None
        question = Question(
            shape.field,
            "field",
            self._choices(shape, shape.field, path),
            when=self._when(shape, shape.field, path),
            stage=int(shape.stage),
        )
        question = self._with_words(question, shape, path)
        if len(question.choices) < 2:
            self._report.add("BANK-011", self._at(*path, "choices"), field=shape.field)
        self._vocabulary |= vocabulary_of([question])
        return question

    def item(self, index: int, data: Any) -> Question | None:
        path: Path = ("items", index)
        shape = shaped(ItemShape, self._document, path, data, _what("item", data), self._report)
        if shape is None or not self._is_new(shape.item, (*path, "item")):
            return None
        other = self._other(shape, path)
        question = Question(
            shape.item,
            "item",
            self._choices(shape, shape.item, path),
            when=self._when(shape, shape.item, path),
            dimension=shape.dimension or (other.dimension if other else None),
            gap=shape.gap or (other.gap if other else None),
            slot=other.slot if other else shape.item,
            quick=shape.quick if shape.quick is not None else bool(other and other.quick),
        )
        question = self._with_words(question, shape, path)
        self._check_item(question, shape, other, path)
        self._items[question.id] = question
        self._vocabulary |= vocabulary_of([question])
        return question

    def _other(self, shape: ItemShape, path: Path) -> Question | None:
        """The item whose slot this one shares."""
        if shape.variant_of is None:
            return None
        other = self._items.get(shape.variant_of)
        if other is None:
            near = did_you_mean(shape.variant_of, self._items)
            place = self._at(*path, "variant_of")
            self._report.add("BANK-004", place, item=shape.item, target=shape.variant_of, near=near)
        return other

    def _check_item(self, item: Question, shape: ItemShape, other: Question | None, path: Path) -> None:
        add = self._report.add
        if item.dimension is None:
            add("SHAPE-002", self._at(*path), what=f"item '{item.id}'", key="dimension")
        elif item.dimension not in self._dimensions:
            near = did_you_mean(item.dimension, self._dimensions)
            place = self._at(*path, "dimension")
            add("BANK-002", place, dimension=item.dimension, known=self._dimensions, near=near)
        if item.gap is None:
            add("SHAPE-002", self._at(*path), what=f"item '{item.id}'", key="gap")
        points = tuple(choice.points for choice in item.choices)
        if points != POINTS:
            found = ["none" if point is None else point for point in points]
            add("BANK-003", self._at(*path, "choices"), item=item.id, found=found)
        if other:
            self._check_variant(item, shape, other, path)

    def _check_variant(self, item: Question, shape: ItemShape, other: Question, path: Path) -> None:
        add = self._report.add
        if item.dimension != other.dimension:
            add("BANK-005", self._at(*path, "dimension"), item=item.id, target=other.id)
        if item.quick != other.quick:
            add("BANK-012", self._at(*path, "quick"), item=item.id)
        if shape.when is None:
            add("BANK-006", self._at(*path), item=item.id)
        if other.when is None and other.id in self._places:
            add("BANK-006", self._places[other.id], item=other.id)

    def _is_new(self, id: str, path: Path) -> bool:
        place = self._at(*path)
        first = self._places.setdefault(id, place)
        if first != place:
            self._report.add("BANK-001", place, id=id, first=first.line)
        return first == place

    def _when(self, shape: FieldShape | ItemShape, id: str, path: Path) -> Condition | None:
        if shape.when is None:
            return None
        # A question that comes later is a known name; that it comes later is a problem of its own.
        names = {**self._later, **self._vocabulary}
        place = self._at(*path, "when")
        condition = check_condition(shape.when, names, place, self._report)
        for name in condition.paths if condition else ():
            if name not in self._vocabulary:
                self._report.add("BANK-009", place, id=id, path=name)
        return condition

    def _with_words(self, question: Question, shape: FieldShape | ItemShape, path: Path) -> Question:
        """Keeps the words beside the choices; the question says which there are."""
        texts = {
            "ask": shape.ask,
            "ask@group": shape.ask_group,
            "help": shape.help,
            "why": shape.why,
            "why@group": shape.why_group,
        }
        for name, text in texts.items():
            if text is None:
                continue
            key = f"bank/{question.id}/{name}"
            self.texts[key] = text
            place = self._at(*path, name.replace("@", "_"))
            check_length(text, QUESTION, place, self._report, key=key, channel="a message with buttons")
        return replace(
            question,
            has_help=shape.help is not None,
            has_why=shape.why is not None,
            has_group=shape.ask_group is not None,
            has_group_why=shape.why_group is not None,
        )

    def _choices(self, shape: FieldShape | ItemShape, id: str, path: Path) -> tuple[Choice, ...]:
        out: list[Choice] = []
        said: dict[str, str] = {}  # the words of the choices so far, as somebody may type them
        end: int | None = -1  # where the range before has ended; None: nowhere
        for name, choice in shape.choices.items():
            place = self._at(*path, "choices", name)
            if name in SPECIAL:
                self._report.add("BANK-010", place, id=name)
            self.texts |= label_texts(f"bank/{id}/choices/{name}", choice.text, choice.short)
            check_label(f"bank/{id}/choices/{name}", choice.text, choice.short, place, self._report)
            for words in {choice.text.casefold(), (choice.short or choice.text).casefold()}:
                if said.setdefault(words, name) != name:
                    self._report.add("TEXT-010", place, text=words, first=said[words], second=name)
            low, high = self._range(choice.range, place) if choice.range else (None, None)
            if low is not None:
                if end is None or low <= end:
                    self._report.add("BANK-008", place, field=id, range=choice.range)
                end = high
            out.append(Choice(name, choice.points, low, high))
        self._synonyms(shape, id, path, said)
        return tuple(out)

    def _synonyms(self, shape: FieldShape | ItemShape, id: str, path: Path, said: dict[str, str]) -> None:
        """Keeps the synonyms of choices. said: the labels, each with the choice it stands for."""
        for name, synonyms in shape.synonyms.items():
            if name not in shape.choices:
                near = did_you_mean(name, shape.choices)
                place = self._document.marks.key(*path, "synonyms", name)
                self._report.add("BANK-013", place, choice=name, id=id, known=list(shape.choices), near=near)
            for index, word in enumerate(synonyms):
                first = said.setdefault(word.casefold(), name)
                if first != name:
                    place = self._at(*path, "synonyms", name, index)
                    self._report.add("TEXT-010", place, text=word, first=first, second=name)
            self.texts[f"bank/{id}/synonyms/{name}"] = " | ".join(synonyms)

    def _range(self, words: str, place: Place) -> tuple[int | None, int | None]:
        numbers = range_of(words)
        if numbers is None:
            self._report.add("BANK-007", place, range=words)
            return None, None
        return numbers

    def _at(self, *path: str | int) -> Place:
        return self._document.marks.at(*path)


def range_of(words: str) -> tuple[int, int | None] | None:
    """Numbers that a choice stands for: "1" -> (1, 1), "2-4" -> (2, 4), "250+" -> (250, None)."""
    match = re.fullmatch(r"(\d{1,9})(?:-(\d{1,9})|(\+))?", words.replace(" ", ""))
    if match is None:
        return None
    low = int(match.group(1))
    high = None if match.group(3) else int(match.group(2) or low)
    return None if high is not None and high < low else (low, high)


def label_texts(key: str, text: str, short: str | None) -> dict[str, str]:
    """The words of a choice by key."""
    return {key: text} | ({key + SHORT: short} if short else {})


def _ids(entries: list[Any], key: str, group: str) -> dict[str, Name]:
    """The names that the questions of a file will have, before they are read."""
    return {
        f"{group}{entry[key]}": _name_ahead(entry, key)
        for entry in _mappings(entries)
        if isinstance(entry.get(key), str)
    }


def _name_ahead(entry: dict[str, Any], key: str) -> Name:
    choices = entry.get("choices")
    return (
        Name("choice", frozenset(choices if isinstance(choices, dict) else ())) if key == "field" else NUMBER
    )


def _mappings(entries: list[Any]) -> Iterator[dict[str, Any]]:
    return (entry for entry in entries if isinstance(entry, dict))


def _what(kind: str, data: Any) -> str:
    id = data.get(kind) if isinstance(data, dict) else None
    return f"{kind} '{id}'" if id else f"this {kind}"
