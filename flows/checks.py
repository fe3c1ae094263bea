"""Whole-flow checks: what only shows when one looks at all steps, and at all flows, together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from content.lineage import LIBRARY
from content.plurals import plurals_in
from content.problems import Place, Report, did_you_mean
from content.terms import without_terms
from content.words import MESSAGE, QUESTION, check_label, check_length, check_placeholders
from flows.facts import PLACEHOLDERS
from flows.meetings import INVITED
from flows.understand import plain

if TYPE_CHECKING:
    from content.pack import Pack
    from content.words import Words
    from flows.version import Flow, Instruction

# Flows that the engine itself calls.
NEEDED = ("resume", "idle", "not_understood", "broken")
MOST_CHOICES = 40
QUESTION_ROOM = 60  # characters kept free in a question for its progress and a lead sentence


@dataclass(frozen=True, slots=True)
class Checking:
    """What a step gets to check itself against."""

    pack: Pack
    flows: Mapping[str, Flow]
    flow: Flow
    instruction: Instruction
    report: Report

    @property
    def questions(self) -> list[str]:
        bank = self.pack.bank
        return [question.id for question in (*bank.fields, *bank.items)]

    def place(self, key: str) -> Place:
        return self.flow.marks.at(*self.instruction.path, key)

    def problem(self, code: str, key: str, **facts: object) -> None:
        self.report.add(code, self.place(key), **facts)

    def unknown(self, code: str, key: str, word: str, known: Iterable[str], **facts: object) -> None:
        """A word that should be one of the known ones."""
        known = list(known)
        self.report.add(code, self.place(key), near=did_you_mean(word, known), known=known, **facts)

    def flow_exists(self, name: str, key: str) -> None:
        if name not in self.flows:
            self.unknown("FLOW-012", key, name, self.flows, step=self.instruction.id, target=name)


def check_flows(flows: Mapping[str, Flow], pack: Pack, words: Words, report: Report) -> None:
    """All checks of a compiled pack. Problems go into the report."""
    for needed in (*NEEDED, pack.opening):
        if needed not in flows:
            report.add("FLOW-025", Place("pack.yaml"), flow=needed)
    for flow in flows.values():
        for instruction in flow.instructions:
            instruction.step.check(Checking(pack, flows, flow, instruction, report))
        _reachable(flow, report)
        _texts(flow, words, report)
    _no_silent_circles(flows, report)
    _calls_return(flows, report)
    _calls_end(flows, report)
    _said_once(flows, report)
    _started(flows, pack, report)


# --- ways ----------------------------------------------------------------------------------------


def ways(instruction: Instruction) -> list[int]:
    """The instructions of the same flow that may come after this one."""
    kind, after = instruction.step.kind, instruction.place + 1
    if kind == "branch":
        return [arm.target for arm in instruction.arms]
    if kind == "go":
        on = [] if instruction.target is None else [instruction.target]
    elif kind in ("link", "begin", "end"):
        on = []
    else:
        on = [after] if instruction.target is None else [after, instruction.target]
    return [*on, after] if instruction.step.when else on


def _reachable(flow: Flow, report: Report) -> None:
    seen: set[int] = set()
    todo = [0]
    while todo:
        place = todo.pop()
        if place in seen or place >= len(flow.instructions):
            continue
        seen.add(place)
        todo.extend(ways(flow.instructions[place]))
    for instruction in flow.instructions:
        if instruction.place not in seen and instruction.id:
            report.add("FLOW-003", instruction.at, step=instruction.id)


Node = tuple[str, int]  # a flow, and the place of an instruction in it


def _no_silent_circles(flows: Mapping[str, Flow], report: Report) -> None:
    """A way round that never surely waits for an answer would never end."""
    colour: dict[Node, int] = {}

    def on(node: Node) -> Iterator[Node]:
        flow = flows[node[0]]
        instruction = flow.instructions[node[1]]
        step = instruction.step
        if step.kind == "ask" and not step.when:
            return  # an ask always waits; other questions may be known already
        for place in ways(instruction):
            if place < len(flow.instructions):
                yield node[0], place
        target = str(getattr(step, step.kind)) if step.kind in ("call", "link", "begin") else ""
        if target in flows and flows[target].instructions:
            yield target, 0

    for flow in flows.values():
        start = (flow.id, 0)
        if not flow.instructions or start in colour:
            continue
        colour[start] = 1
        stack = [(start, on(start))]
        while stack:
            node, following = stack[-1]
            nxt = next(following, None)
            if nxt is None:
                colour[node] = 2
                stack.pop()
            elif colour.get(nxt) == 1:
                circle = [n for n, _ in stack][[n for n, _ in stack].index(nxt) :]
                named = [flows[f].instructions[i].key for f, i in circle if flows[f].instructions[i].id]
                report.add("FLOW-004", flows[nxt[0]].instructions[nxt[1]].at, circle=named)
                colour[nxt] = 3  # told once
            elif nxt not in colour:
                colour[nxt] = 1
                stack.append((nxt, on(nxt)))


def _callers(flows: Mapping[str, Flow]) -> dict[str, str]:
    called: dict[str, str] = {}
    for flow in flows.values():
        for instruction in flow.instructions:
            if instruction.step.kind == "call":
                called.setdefault(getattr(instruction.step, "call"), flow.id)  # noqa: B009
    return called


def _calls_return(flows: Mapping[str, Flow], report: Report) -> None:
    for called, caller in _callers(flows).items():
        for instruction in flows[called].instructions if called in flows else ():
            if instruction.step.kind in ("link", "begin"):
                report.add("FLOW-013", instruction.at, step=instruction.id, flow=called, caller=caller)


def _calls_end(flows: Mapping[str, Flow], report: Report) -> None:
    calls = {
        flow.id: [getattr(i.step, "call") for i in flow.instructions if i.step.kind == "call"]  # noqa: B009
        for flow in flows.values()
    }
    for start in calls:
        way, seen = [start], {start}
        while way:
            nxt = next((f for f in calls.get(way[-1], ()) if f == start or f not in seen), None)
            if nxt == start:
                report.add("FLOW-026", flows[start].marks.at("flow"), flow=start, circle=[*way, start])
                break
            if nxt is None:
                way.pop()
            else:
                seen.add(nxt)
                way.append(nxt)


def _started(flows: Mapping[str, Flow], pack: Pack, report: Report) -> None:
    """A flow that nothing leads to. Those of the library are there for packs that want them."""
    campaigns = {campaign.flow for campaign in pack.campaigns.by_id.values()}
    led_to = {pack.opening, *NEEDED, *INVITED, *campaigns}
    for flow in flows.values():
        for instruction in flow.instructions:
            step = instruction.step
            if step.kind in ("call", "link", "begin", "remind"):
                led_to.add(str(getattr(step, step.kind)))
    for flow in flows.values():
        if flow.id not in led_to and not flow.said and LIBRARY not in flow.file:
            report.add("FLOW-041", flow.marks.at("flow"), flow=flow.id)


def _said_once(flows: Mapping[str, Flow], report: Report) -> None:
    seen: dict[str, str] = {}
    for flow in flows.values():
        for phrase in flow.said:
            other = seen.setdefault(plain(phrase), flow.id)
            if other != flow.id:
                report.add("FLOW-024", flow.marks.at("said"), phrase=phrase, flow=flow.id, other=other)


# --- words ---------------------------------------------------------------------------------------


def _texts(flow: Flow, words: Words, report: Report) -> None:
    for instruction in flow.instructions:
        choices: dict[str, str] = {}
        for part, text in instruction.step.texts():
            place = flow.marks.at(*instruction.path, *part.split("/"))
            if part.startswith("choices/"):
                check_label(part, text.text, text.short, place, report)
                _told_apart(choices, part.removeprefix("choices/"), text.text, place, report)
            elif not part.startswith("synonyms/"):
                limit = QUESTION - QUESTION_ROOM if instruction.step.asks else MESSAGE
                for _, form in text.forms(part):
                    _check_text(part, form, limit, (*PLACEHOLDERS, *instruction.step.fills), place, report)
        if len(choices) > MOST_CHOICES:
            report.add(
                "FLOW-021", instruction.at, step=instruction.id, found=len(choices), limit=MOST_CHOICES
            )


def _told_apart(seen: dict[str, str], id: str, text: str, place: Place, report: Report) -> None:
    said = plain(text)
    for other, words in seen.items():
        if words == said:
            report.add("TEXT-010", place, text=text, first=other, second=id)
    seen[id] = said


def _check_text(key: str, text: str, limit: int, known: Iterable[str], place: Place, report: Report) -> None:
    """Words that are said: not empty, not too long, and only placeholders that can be filled."""
    if not text.strip():
        report.add("TEXT-005", place)
    check_length(text, limit, place, report, key=key, channel="a message")
    check_placeholders(without_terms(text), known, place, report)
    named = " ".join(f"{{{name}}}" for name, _ in plurals_in(text))
    check_placeholders(named, PLACEHOLDERS, place, report)
