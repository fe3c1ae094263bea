"""A flow as a Mermaid flowchart: drawn by documentation sites, Git hosts and editors.

Questions are slanted, with their choices in them; other flows have double sides or round ends.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flows.steps.ask import Ask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from content.words import Words
    from flows.version import Flow, Instruction

WORDS = 60  # characters of a text that are shown
CHOICES = 9  # choices that are shown

# Signs that mean something to Mermaid, to its Markdown or to HTML, also in the middle of a label.
_MEANS_MORE = re.compile(r"[\"#<>&`\\{}\[\]|%*~^;]")
_LIST = re.compile(r"^(\d+)\.")
_BREAK = "<br/>"

# The sides of a shape, by the kind of a step; others are boxes.
_SHAPES = {
    "ask": ("[/", "/]"),
    "question": ("[/", "/]"),
    "questions": ("[/", "/]"),
    "quiz": ("[/", "/]"),
    "branch": ("{", "}"),
    "call": ("[[", "]]"),
    "link": ("([", "])"),
    "begin": ("([", "])"),
}
_BOX = ("[", "]")
_LEAVING = ("link", "begin", "end")


def diagram(flow: Flow, words: Words, language: str) -> str:
    """The flowchart of one flow, with its words in this language."""
    lines = ["flowchart TD", f"  start([{_quoted(flow.title)}])", f"  start --> {_name(flow, 0)}"]
    for instruction in flow.instructions:
        if _is_drawn(instruction):
            left, right = _SHAPES.get(instruction.step.kind, _BOX)
            label = _BREAK.join(_safe(line) for line in _label(instruction, words, language))
            lines.append(f'  s{instruction.place}{left}"{label}"{right}')
            lines += _arrows(flow, instruction)
    if any(line.endswith(" finish") for line in lines):
        lines.append('  finish(("end"))')
    return "\n".join(lines) + "\n"


def _is_drawn(instruction: Instruction) -> bool:
    """A jump and the end are only arrows, unless they hang on a condition."""
    return bool(instruction.id) and (
        instruction.step.kind not in ("go", "end") or bool(instruction.step.when)
    )


def _name(flow: Flow, place: int) -> str:
    """The shape that stands at this place, or the one that a jump from here leads to.

    A jump that only leads back to itself is a problem of the flow; here it ends.
    """
    seen: set[int] = set()
    while place < len(flow.instructions) and place not in seen:
        instruction = flow.instructions[place]
        if _is_drawn(instruction):
            return f"s{place}"
        if instruction.step.kind == "end" or instruction.target is None:
            return "finish"
        seen.add(place)
        place = instruction.target
    return "finish"


# --- arrows --------------------------------------------------------------------------------------


def _arrows(flow: Flow, instruction: Instruction) -> Iterator[str]:
    step, here = instruction.step, f"s{instruction.place}"
    behind = _name(flow, instruction.place + 1)
    if step.kind == "branch":
        for arm in instruction.arms:
            label = _quoted(arm.condition.source if arm.condition else "else")
            yield f"  {here} -->|{label}| {_name(flow, arm.target)}"
    elif step.kind in ("go", "end"):
        target = _name(flow, instruction.target) if instruction.target is not None else "finish"
        yield f"  {here} -->|{_quoted('yes')}| {target}"
        yield f"  {here} -->|{_quoted('else')}| {behind}"
    elif step.kind in _LEAVING:
        if step.when:
            yield f"  {here} -->|{_quoted('else')}| {behind}"
    else:
        yield f"  {here} --> {behind}"


# --- words ---------------------------------------------------------------------------------------


def _label(instruction: Instruction, words: Words, language: str) -> list[str]:
    step, lines = instruction.step, []
    if step.when:
        lines.append(f"if {step.when}")
    if step.kind == "branch":
        return ["which way?"]
    if isinstance(step, Ask):
        return [
            *lines,
            _short(words.of(f"{instruction.key}/say", language)),
            *_choices(instruction, words, language),
        ]
    if step.kind == "say":
        return [*lines, _short(words.of(f"{instruction.key}/say", language))]
    return [*lines, f"{step.kind}: {getattr(step, step.kind)}"]


def _choices(instruction: Instruction, words: Words, language: str) -> list[str]:
    lines = [
        f"• {words.of(option.key, language, short=True)} ({option.id})" for option in instruction.options
    ]
    return lines if len(lines) <= CHOICES else [*lines[: CHOICES - 1], f"• … {len(lines) - CHOICES + 1} more"]


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= WORDS else line[: WORDS - 1].rstrip() + "…"


def _quoted(text: str) -> str:
    return f'"{_safe(text)}"'


def _safe(text: str) -> str:
    """A line of a label in which nothing is code: signs that mean more are written by their number.

    "1." at the beginning would become a list, which Mermaid refuses, and $$ a formula, even by number.
    """
    line = " ".join(text.split()).replace("$$", "$ $")
    plain = _MEANS_MORE.sub(lambda sign: f"#{ord(sign.group())};", line)
    return _LIST.sub(r"\1#46;", plain)
