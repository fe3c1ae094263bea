"""From what authors wrote to what the engine runs: flat lists of instructions, checked and hashed.

A pack of flows is compiled once per version. Branches become jumps, so that the place of a run is
one number that means the same in every pack of the same structure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from pydantic import ValidationError

from content.bank import Question, range_of
from content.conditions import NUMBER, TEXT, Condition, Name, check_condition
from content.guarded_yaml import Marks, read_yaml
from content.pack import Pack, read_pack
from content.problems import Place, Report, did_you_mean
from content.words import Words, check_catalogue, hash_of
from flows import limits
from flows.asking import Option
from flows.checks import Checking, check_flows
from flows.facts import NAMES
from flows.model import Arm, FlowFile, Step, as_choice
from flows.state import Json, State
from flows.steps import STEPS
from flows.steps.ask import Ask
from flows.steps.branch import Branch
from flows.steps.go import Go
from flows.talk import short_of
from flows.understand import Labels, labels, plain

Path = tuple[str | int, ...]
FixedLabels = tuple[tuple[str, str, str], ...]
PHRASES = "flows/library/phrases.yaml"


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
    when: Condition | None
    instructions: tuple[Instruction, ...]
    file: str
    marks: Marks

    def structure(self) -> Any:
        """All but the words, as plain JSON values."""
        steps = [
            [i.step.kind, i.step.shape(), i.target, [arm.target for arm in i.arms]] for i in self.instructions
        ]
        return [self.id, self.when.source if self.when else None, self.main, self.about, steps]


@dataclass(slots=True)
class Version:
    """One version of a pack, ready to run.

    structure and content are its two hashes; instrument names the items and their scoring, so that
    results are compared within one only; questions are all fields and items by id; blank holds
    every declared name as null.
    """

    structure: str
    content: str
    instrument: str
    pack: Pack
    flows: Mapping[str, Flow]
    words: Words
    questions: Mapping[str, Question]
    blank: Json
    _said: dict[str, dict[str, str]] = field(default_factory=dict)
    _labels: dict[tuple[str, str], Labels] = field(default_factory=dict)
    _options: dict[str, tuple[Option, ...]] = field(default_factory=dict)
    _fixed: dict[tuple[tuple[str, ...], str, str], FixedLabels | None] = field(default_factory=dict)

    @property
    def levels(self) -> tuple[str, ...]:
        return tuple(level.id for level in self.pack.scoring.levels)

    def has_item(self, item: Json) -> bool:
        """Whether a package item is one of this pack: its gap, its tip, or a first step."""
        gap = self.pack.gaps.get(item.get("gap") or "")
        if gap is not None:
            return bool(1 <= item.get("tip", 1) <= gap.tips)
        return item.get("starter") in self.pack.starters

    def said(self, language: str) -> dict[str, str]:
        """Plain words that start a system flow, in her language first, then in all others."""
        if language not in self._said:
            phrases: dict[str, str] = {}
            for tag in dict.fromkeys((language, *self.pack.languages)):
                for flow in self.flows.values():
                    if flow.said:
                        for phrase in self.words.of(f"{flow.id}/said", tag).split("|"):
                            phrases.setdefault(plain(phrase), flow.id)
            self._said[language] = phrases
        return self._said[language]

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
        if not options or options[0].label is not None:
            return labels((option, [option.label or ""]) for option in options)
        cached = (options[0].key, language)
        if cached not in self._labels:
            self._labels[cached] = labels((option, self._words_for(option, language)) for option in options)
        return self._labels[cached]

    def _words_for(self, option: Option, language: str) -> list[str]:
        """A version may lack the words of an option: another one asked the question."""
        if not self.words.has(option.key):
            return []
        words = [self.words.of(option.key, language), self.words.of(option.key, language, short=True)]
        synonyms = option.key.replace("/choices/", "/synonyms/")
        if self.words.has(synonyms):
            words += self.words.of(synonyms, language).split("|")
        return [*words, option.id.replace("_", " ")]


class UnknownVersionError(KeyError):
    """A run is pinned to a structure that has not been loaded."""


@dataclass(frozen=True, slots=True)
class Versions:
    """The live version of a programme's pack, and the older ones that people are still in."""

    live: Version
    older: Mapping[str, Version] = field(default_factory=dict)

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
        pinned.update(frame["structure"] for frames in state.trail for frame in frames)
        return pinned - {self.live.structure} - self.older.keys()


# --- reading -----------------------------------------------------------------------------------


def library_sources() -> dict[str, bytes]:
    """The system flows and sentences that come with the engine; a pack may override each flow."""
    folder = resources.files("flows") / "library"
    return {f"flows/library/{file.name}": file.read_bytes() for file in sorted(folder.iterdir(), key=str)
            if file.name.endswith(".yaml")}  # fmt: skip


def compile_pack(
    sources: Mapping[str, bytes],
    report: Report,
    library: Mapping[str, bytes] | None = None,
    *,
    published: bool = False,
) -> Version | None:
    """Reads, checks and compiles a pack. None if the report holds an error; all problems are in it.

    sources: the pack's files by path. library: the system flows, those of this release if left out
    (a published version keeps the ones it was published with). published: it was checked when it
    was published; today's checks do not judge it, and sentences it lacks are today's.
    """
    pack = read_pack(sources, report)
    if pack is None:
        return None
    vocabulary = vocabulary_of(pack)
    reader = _Reader(report, pack, vocabulary)
    ours = library_sources()
    files = [(PHRASES, ours[PHRASES]), *(ours if library is None else library).items()]
    for file, source in files:
        document = read_yaml(source, file, report)
        if document is not None:
            reader.read(file, document.value, document.marks, from_library=True)
    for document in pack.flow_sources:
        reader.read(document.file, document.value, document.marks, from_library=False)
    flows = reader.compiled()
    words = pack.words.with_texts({key: text for key, (text, _) in reader.texts.items()})
    if not published:
        check_flows(flows, pack, words, report)
        for catalogue in pack.catalogues.values():
            check_catalogue(catalogue, words.texts, report)
    if not report.ok:
        return None
    return Version(
        structure=hash_of([pack.structure_parts(), [flows[id].structure() for id in sorted(flows)]])[:16],
        content=words.content_hash(),
        instrument=_instrument(pack),
        pack=pack,
        flows=flows,
        words=words,
        questions={question.id: question for question in (*pack.bank.fields, *pack.bank.items)},
        blank=blank_facts(reader.vocabulary),
    )


def _instrument(pack: Pack) -> str:
    """The bank's name and version, and a hash of what is measured: a label that was not raised after a
    change would make results look comparable that are not."""
    parts = pack.structure_parts()
    measured = {"items": parts["bank"]["items"], "scoring": parts["scoring"]}
    return f"{pack.bank.instrument}+{hash_of(measured)[:8]}"


def vocabulary_of(pack: Pack) -> dict[str, Name]:
    """The names that conditions of this pack may use, without the answers of its flows."""
    names: dict[str, Name] = {}
    names.update(pack.bank.vocabulary())
    names.update(NAMES)
    names["score.level"] = _choice(level.id for level in pack.scoring.levels)
    return names


def _choice(ids: Iterable[str]) -> Name:
    return Name("choice", frozenset(ids))


def blank_facts(vocabulary: Mapping[str, Name]) -> Json:
    blank: Json = {"profile": {}, "points": {}, "answers": {}}
    for name in vocabulary:
        group, _, rest = name.partition(".")
        if group in blank:
            blank[group][rest] = None
    return blank


class _Reader:
    """Reads flow files one after the other; the answers they keep join the vocabulary first."""

    def __init__(self, report: Report, pack: Pack, vocabulary: dict[str, Name]) -> None:
        self.report = report
        self.pack = pack
        self.vocabulary = vocabulary
        self.texts: dict[str, tuple[str, Place]] = {}
        self._heads: dict[str, tuple[FlowFile, str, Json, Marks, bool]] = {}

    def read(self, file: str, value: Any, marks: Marks, *, from_library: bool) -> None:
        if file == PHRASES:
            self.texts.update(
                {f"engine/{name}": (text, marks.at()) for name, text in value["phrases"].items()}
            )
            return
        head = self._head(file, value, marks)
        if head is None:
            return
        name = file.rpartition("/")[2].removesuffix(".yaml")
        if name != head.flow:
            self.report.add("FLOW-023", marks.at("flow"), flow=head.flow, file=name)
        earlier = self._heads.get(head.flow)
        if earlier is not None and earlier[4] == from_library:
            self.report.add("FLOW-001", marks.at("flow"), flow=head.flow, other=earlier[1])
            return
        self._heads[head.flow] = (head, file, value, marks, from_library)

    def _head(self, file: str, value: Any, marks: Marks) -> FlowFile | None:
        if not isinstance(value, dict):
            self.report.add("SHAPE-006", marks.at(), what="A flow file", expected="a mapping")
            return None
        try:
            head = FlowFile.model_validate({k: v for k, v in value.items() if k != "steps"})
        except ValidationError as error:
            known = ["schema", "flow", "title", "said", "when", "main", "about", "steps"]
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
        for id, (head, file, _value, marks, _) in self._heads.items():
            when = self._condition(head.when, marks.at("when"))
            if head.said:
                self.texts[f"{id}/said"] = (" | ".join(head.said), marks.at("said"))
            flows[id] = Flow(
                id, head.title, tuple(head.said), head.main, head.about, when, tuple(parsed[id]), file, marks
            )
        return flows

    # --- steps ---

    def _parse(
        self, id: str, head: FlowFile, file: str, value: Json, marks: Marks, _library: bool
    ) -> list[Instruction]:
        block = _Block(self, head.flow, marks)
        block.add_all(value["steps"], ("steps",))
        block.resolve()
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
        return _choice(step.choices)
    if step.type == "many" and isinstance(step.choices, dict):
        return Name("choices", frozenset(step.choices))
    return NUMBER if step.type == "number" else TEXT


class _Block:
    """The instructions of one flow while they are laid out flat."""

    def __init__(self, reader: _Reader, flow: str, marks: Marks) -> None:
        self.reader = reader
        self.flow = flow
        self.marks = marks
        self.instructions: list[Instruction] = []
        self.ids: dict[str, Place] = {}
        self._counts: dict[str, int] = {}

    def add_all(self, steps: Any, path: Path) -> None:
        if not isinstance(steps, list):
            expected = "a list of steps"
            self.reader.report.add("SHAPE-006", self.marks.at(*path), what="'steps'", expected=expected)
            return
        for place, data in enumerate(steps):
            step = self.reader.step(data, self.marks, (*path, place))
            if step is not None:
                self._add(step, (*path, place))

    def _add(self, step: Step, path: Path) -> None:
        id = self._id(step, path)
        key = f"{self.flow}/{id}"
        instruction = Instruction(step, id, key, len(self.instructions), self.marks.at(*path), path)
        self.instructions.append(instruction)
        for part, text in step.texts():
            for full, words in text.forms(f"{key}/{part}"):
                self.reader.texts[full] = (words, self.marks.at(*path, *part.split("/")))
        if isinstance(step, Ask) and isinstance(step.choices, dict):
            instruction.options = tuple(self._options(step, key, path))
        if isinstance(step, Branch):
            self._branch(step, instruction, path)

    def _options(self, step: Ask, key: str, path: Path) -> Iterator[Option]:
        assert isinstance(step.choices, dict)  # the caller looked
        for id, words in step.choices.items():
            choice = as_choice(words)
            low, high = (range_of(choice.range) or (None, None)) if choice.range else (None, None)
            if choice.range and low is None:
                self.reader.report.add("BANK-007", self.marks.at(*path, "choices", id), range=choice.range)
            yield Option(id, f"{key}/choices/{id}", low, high, choice.exclusive)

    def _id(self, step: Step, path: Path) -> str:
        given = step.id or (step.ask if isinstance(step, Ask) else None)
        if given is None:
            self._counts[step.kind] = self._counts.get(step.kind, 0) + 1
            # Words of a step without an id are found by their own text, so that a step put before
            # it does not give it another one's translation.
            texts = "".join(text.text for _, text in step.texts())
            mark = hashlib.sha256(texts.encode()).hexdigest()[:8] if texts else str(self._counts[step.kind])
            given = f"{step.kind}_{mark}"
            while texts == "" and given in self.ids:
                self._counts[step.kind] += 1
                given = f"{step.kind}_{self._counts[step.kind]}"
            self.ids.setdefault(given, self.marks.at(*path))
            return given
        if given in self.ids:
            first = self.ids[given].line
            self.reader.report.add("FLOW-007", self.marks.at(*path), step=given, first=first)
        self.ids[given] = self.marks.at(*path)
        return given

    def _branch(self, step: Branch, instruction: Instruction, path: Path) -> None:
        ends: list[Instruction] = []
        for place, arm in enumerate(step.branch):
            where = (*path, "branch", place)
            last = place == len(step.branch) - 1
            steps = self._arm(arm, where, last)
            instruction.arms.append(Arm(None, len(self.instructions)))
            self.add_all(steps, (*where, "else" if "else" in arm else "then"))
            ends.append(self._jump(where))
        if not step.branch or "else" not in step.branch[-1]:
            self.reader.report.add("FLOW-005", self.marks.at(*path), step=instruction.id)
        for jump in ends:
            jump.target = len(self.instructions)

    def _arm(self, arm: Json, where: Path, last: bool) -> Any:
        report, marks = self.reader.report, self.marks
        known = ["else"] if "else" in arm else ["if", "then"]
        for key in arm:
            if key not in known:
                near = did_you_mean(key, known)
                report.add("FLOW-009", marks.key(*where, key), kind="branch", key=key, known=known, near=near)
        for key in known:
            if key not in arm:
                report.add("FLOW-010", marks.at(*where), kind="branch", key=key)
        if "else" in arm and not last:
            report.add(
                "FLOW-011", marks.at(*where), kind="branch", key="else", value="", expected="the last way"
            )
        steps = arm.get("else" if "else" in arm else "then")
        return [] if steps is None else steps

    def _jump(self, path: Path) -> Instruction:
        """What ends a way of a branch: it goes on behind the branch."""
        step = Go(go="behind")
        jump = Instruction(step, "", f"{self.flow}/", len(self.instructions), self.marks.at(*path), path)
        self.instructions.append(jump)
        return jump

    def resolve(self) -> None:
        places = {i.id: i.place for i in self.instructions if i.id}
        for instruction in self.instructions:
            step = instruction.step
            if isinstance(step, Go) and instruction.id:
                instruction.target = self._place_of(step.go, places, instruction)
            elif isinstance(step, Ask) and step.timeout:
                instruction.target = self._place_of(step.timeout.go, places, instruction)

    def _place_of(self, id: str, places: Mapping[str, int], instruction: Instruction) -> int | None:
        """The place of the step with this id; a problem if there is none."""
        if id not in places:
            near = did_you_mean(id, places)
            self.reader.report.add("FLOW-002", instruction.at, step=instruction.id, target=id, near=near)
        return places.get(id)


__all__ = [
    "Checking",
    "Flow",
    "Instruction",
    "UnknownVersionError",
    "Version",
    "Versions",
    "compile_pack",
]
