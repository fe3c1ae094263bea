"""Lays out the steps of one flow as a flat list: branches become jumps, ids become places."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from content.bank import range_of
from content.guarded_yaml import Marks
from content.problems import Place, Report, did_you_mean
from flows.asking import Option
from flows.model import Arm, Step, as_choice
from flows.state import Json
from flows.steps.ask import Ask
from flows.steps.branch import Branch
from flows.steps.go import Go
from flows.version import Instruction, Path

ReadStep = Callable[[Any, Marks, Path], Step | None]


class Layout:
    """The instructions of one flow while they are laid out flat.

    read: reads one step, or None with its problems in the report. texts: words by key and place.
    """

    def __init__(self, flow: str, marks: Marks, report: Report, read: ReadStep) -> None:
        self.flow = flow
        self.marks = marks
        self.report = report
        self.read = read
        self.texts: dict[str, tuple[str, Place]] = {}
        self.instructions: list[Instruction] = []
        self.ids: dict[str, Place] = {}
        self._counts: dict[str, int] = {}

    def add_all(self, steps: Any, path: Path) -> None:
        if not isinstance(steps, list):
            expected = "a list of steps"
            self.report.add("SHAPE-006", self.marks.at(*path), what="'steps'", expected=expected)
            return
        for place, data in enumerate(steps):
            step = self.read(data, self.marks, (*path, place))
            if step is not None:
                self._add(step, (*path, place))

    def _add(self, step: Step, path: Path) -> None:
        id = self._id(step, path)
        key = f"{self.flow}/{id}"
        instruction = Instruction(step, id, key, len(self.instructions), self.marks.at(*path), path)
        self.instructions.append(instruction)
        for part, text in step.texts():
            for full, words in text.forms(f"{key}/{part}"):
                self.texts[full] = (words, self.marks.at(*path, *part.split("/")))
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
                self.report.add("BANK-007", self.marks.at(*path, "choices", id), range=choice.range)
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
            self.report.add("FLOW-007", self.marks.at(*path), step=given, first=first)
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
            self.report.add("FLOW-005", self.marks.at(*path), step=instruction.id)
        for jump in ends:
            jump.target = len(self.instructions)

    def _arm(self, arm: Json, where: Path, last: bool) -> Any:
        report, marks = self.report, self.marks
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
            self.report.add("FLOW-002", instruction.at, step=instruction.id, target=id, near=near)
        return places.get(id)
