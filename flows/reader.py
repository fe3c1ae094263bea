"""Reads flow files: heads, steps and conditions, each problem with its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, ValidationError

from content.conditions import NUMBER, TEXT, Condition, Name, check_condition
from content.guarded_yaml import Document, Marks
from content.problems import Place, Report, did_you_mean
from content.shapes import File, Id, Text, check_schema, shaped
from content.text_places import ROOMS
from flows import limits
from flows.layout import Layout
from flows.model import FlowFile, Step
from flows.state import Json
from flows.steps import STEPS
from flows.steps.ask import Ask
from flows.steps.branch import Branch
from flows.steps.draw import Draw
from flows.version import Flow, Instruction, Path

PHRASES = "flows/library/phrases.yaml"
# Its sections, and where the keys of their words begin.
PHRASE_ROOMS = {"phrases": "engine", "page": "web", "player": "player", "papers": "papers"}


class PhrasesFile(File):
    """What the engine says, and the words of the pages: the chat, a film, the papers."""

    phrases: dict[Id, Text] = Field(default_factory=dict)
    page: dict[Id, Text] = Field(default_factory=dict)
    player: dict[Id, Text] = Field(default_factory=dict)
    papers: dict[Id, Text] = Field(default_factory=dict)


class FlowReader:
    """Reads flow files one after the other; the answers they keep join the vocabulary first."""

    def __init__(self, report: Report, vocabulary: dict[str, Name]) -> None:
        self.report = report
        self.vocabulary = vocabulary
        self.texts: dict[str, tuple[str, Place]] = {}
        self._heads: dict[str, tuple[FlowFile, str, Json, Marks]] = {}

    def read_phrases(self, document: Document | None) -> None:
        """The words of the engine and of the pages; a later file says what it has in place of an earlier one."""
        if document is None:
            return
        file = shaped(PhrasesFile, document, (), document.value, "phrases.yaml", self.report)
        if file is None:
            return
        check_schema(file, document, self.report)
        for section, room in PHRASE_ROOMS.items():
            for name, text in getattr(file, section).items():
                self.texts[f"{room}/{name}"] = (text, document.marks.at(section, name))

    def read(self, file: str, value: Any, marks: Marks) -> None:
        head = self._head(file, value, marks)
        if head is None:
            return
        name = file.rpartition("/")[2].removesuffix(".yaml")
        if name != head.flow:
            self.report.add("FLOW-023", marks.at("flow"), flow=head.flow, file=name)
        if head.flow in ROOMS:
            self.report.add("FLOW-042", marks.at("flow"), flow=head.flow)
            return
        earlier = self._heads.get(head.flow)
        if earlier is not None:
            self.report.add("FLOW-001", marks.at("flow"), flow=head.flow, other=earlier[1])
            return
        self._heads[head.flow] = (head, file, value, marks)

    def _head(self, file: str, value: Any, marks: Marks) -> FlowFile | None:
        if not isinstance(value, dict):
            self.report.add("SHAPE-006", marks.at(), what="A flow file", expected="a mapping")
            return None
        try:
            head = FlowFile.model_validate({k: v for k, v in value.items() if k != "steps"})
        except ValidationError as error:
            known = ["schema", "flow", "title", "said", "when", "main", "about", "survey", "steps"]
            self._shape(error, marks, (), "flow", known, value)
            return None
        if not value.get("steps"):
            self.report.add("FLOW-006", marks.at("steps"), flow=head.flow)
            return None
        return head

    def compiled(self) -> dict[str, Flow]:
        parsed = {id: self._parse(id, *entry) for id, entry in self._heads.items()}
        self._learn_answers(parsed)
        for instructions in parsed.values():
            for instruction in instructions:
                self._conditions(instruction)
        flows = {}
        for id, (head, file, _value, marks) in self._heads.items():
            when = self._condition(head.when, marks.at("when"))
            if head.said:
                self.texts[f"{id}/said"] = (" | ".join(head.said), marks.at("said"))
            flows[id] = Flow(
                id, head.title, tuple(head.said), head.main, head.about, head.survey, when,
                tuple(parsed[id]), file, marks,
            )  # fmt: skip
        return flows

    # --- steps ---

    def _parse(self, id: str, head: FlowFile, file: str, value: Json, marks: Marks) -> list[Instruction]:
        block = Layout(head.flow, marks, self.report, self.step)
        block.add_all(value["steps"], ("steps",))
        block.resolve()
        self.texts.update(block.texts)
        if len(block.instructions) > limits.STEPS_PER_FLOW:
            self.report.add(
                "FLOW-027", marks.at("steps"), flow=id, found=len(block.instructions),
                limit=limits.STEPS_PER_FLOW,
            )  # fmt: skip
        return block.instructions

    def step(self, data: Any, marks: Marks, path: Path) -> Step | None:
        """One step, or None with its problems in the report."""
        if not isinstance(data, dict) or not data:
            self.report.add(
                "SHAPE-006", marks.at(*path), what="A step", expected="a mapping like '- say: Hello'"
            )
            return None
        kinds = [key for key in data if key in STEPS]
        first = next(iter(data))
        if not kinds:
            near = did_you_mean(first, STEPS)
            self.report.add("FLOW-008", marks.key(*path, first), kind=first, known=list(STEPS), near=near)
            return None
        # An ask says its words under `say`, which is a kind of its own: the first word decides.
        kind = first if first in STEPS else kinds[0]
        model = STEPS[kind]
        try:
            return model.model_validate(data)
        except ValidationError as error:
            self._shape(error, marks, path, kind, list(model.model_fields), data)
            return None

    def _shape(
        self, error: ValidationError, marks: Marks, path: Path, kind: str, known: list[str], data: Any
    ) -> None:
        told: set[tuple[Any, ...]] = set()
        for detail in error.errors():
            loc = _within(data, detail["loc"])
            if loc in told:
                continue
            told.add(loc)
            key = str(detail["loc"][0]) if not loc else str(loc[-1])
            if detail["type"] == "extra_forbidden":
                near = did_you_mean(key, known)
                self.report.add(
                    "FLOW-009", marks.key(*path, *loc), kind=kind, key=key, known=known, near=near
                )
            elif detail["type"] == "missing":
                self.report.add("FLOW-010", marks.at(*path), kind=kind, key=str(detail["loc"][-1]))
            elif loc and "[key]" in [str(part) for part in detail["loc"]]:
                self.report.add("SHAPE-005", marks.key(*path, *loc), id=key)
            else:
                expected = detail["msg"].removeprefix("Input should be ").removeprefix("String should ")
                self.report.add(
                    "FLOW-011", marks.at(*path, *loc), kind=kind, key=key, value=detail.get("input", ""),
                    expected=expected,
                )  # fmt: skip

    # --- conditions ---

    def _learn_answers(self, parsed: Mapping[str, list[Instruction]]) -> None:
        """What `ask` steps keep becomes names for conditions."""
        seen: dict[str, tuple[Name, str]] = {}
        for instructions in parsed.values():
            for instruction in instructions:
                step = instruction.step
                if isinstance(step, Draw):
                    self.vocabulary[f"answers.{step.draw}"] = Name("choice", frozenset(step.arms))
                if not isinstance(step, Ask) or step.save:
                    continue
                kind = _answer_kind(step)
                earlier = seen.setdefault(step.ask, (kind, instruction.key))
                if earlier[0] != kind:
                    self.report.add(
                        "FLOW-031", instruction.at, name=step.ask, step=instruction.key, other=earlier[1]
                    )
                self.vocabulary[f"answers.{step.ask}"] = kind

    def _conditions(self, instruction: Instruction) -> None:
        step, path = instruction.step, instruction.path
        marks = self._heads[instruction.key.split("/")[0]][3]
        instruction.condition = self._condition(step.when, marks.at(*path, "when"))
        if isinstance(step, Branch):
            for place, arm in enumerate(step.branch):
                if "if" in arm and place < len(instruction.arms):
                    where = marks.at(*path, "branch", place, "if")
                    instruction.arms[place].condition = self._condition(str(arm["if"]), where)

    def _condition(self, source: str | None, place: Place) -> Condition | None:
        if source is None:
            return None
        return check_condition(source, self.vocabulary, place, self.report)


def _within(data: Any, loc: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """The part of pydantic's place that exists in the file: its names of types are left out."""
    found: list[int | str] = []
    for part in loc:
        inner = _inside(data, part)
        if inner is not _NOTHING:
            data = inner
            found.append(part)
    return tuple(found)


_NOTHING = object()


def _inside(data: Any, part: int | str) -> Any:
    if isinstance(data, dict):
        return data.get(part, _NOTHING)
    if isinstance(data, list) and isinstance(part, int) and part < len(data):
        return data[part]
    return _NOTHING


def _answer_kind(step: Ask) -> Name:
    if step.type == "one" and isinstance(step.choices, dict):
        own_words = (step.own_words,) if step.own_words else ()
        return Name("choice", frozenset((*step.choices, *own_words)))
    if step.type == "many" and isinstance(step.choices, dict):
        return Name("choices", frozenset(step.choices))
    return NUMBER if step.type == "number" else TEXT
