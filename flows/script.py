"""All that a pack says, as a script to print and read aloud: who says what, and when. In Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from content.languages import language_name
from flows.descriptions import describe, operation_words, view_words
from flows.manifest import WAYS, named, questions_of
from flows.steps.action import Action
from flows.steps.ask import Ask
from flows.steps.branch import Branch
from flows.steps.remind import Remind
from flows.steps.say import Say

if TYPE_CHECKING:
    from content.bank import Question
    from flows.model import Step
    from flows.version import Flow, Instruction, Version

_MARKS = re.compile(r"[\\`*_<>\[\]|~]")
_LINE_MARK = re.compile(r"^(\s*)([#+>-]|\d+[.)])(?=\s|$)")
_SINCE = {
    "now": "After {}",
    "baseline": "{} after the check that others are compared with",
    "meeting": "{} after the meeting",
}
_TURNS = {"call": "Runs", "link": "Goes over to", "begin": "Leaves everything and begins"}
_BEHIND = {"call": " and comes back"}


def script(version: Version, language: str) -> str:
    """The script of a pack in one of its languages."""
    return _Script(version, language).text()


class _Script:
    def __init__(self, version: Version, language: str) -> None:
        self.version = version
        self.language = language

    def text(self) -> str:
        pack = self.version.pack
        lines = [
            f"# {_plain(pack.title)}",
            "",
            f"Version {_plain(pack.version)}, {language_name(self.language)}. **Pasito** speaks, the **person** "
            "answers. What stands in *italics* is not said. What stands in {braces} is filled in.",
        ]
        for flow in in_order(self.version):
            lines += self._flow(flow)
        lines += self._package_items()
        lines += self._films()
        lines += self._economy()
        lines += self._meetings()
        lines += self._sentences()
        return "\n".join(lines).rstrip() + "\n"

    # --- flows ---

    def _flow(self, flow: Flow) -> Iterator[str]:
        yield from ("", f"## {_plain(flow.title)}", "", f"*Flow `{flow.id}`*")
        if flow.said:
            phrases = self._words(f"{flow.id}/said").split(" | ")
            yield from ("", "*Starts when the person writes:* " + ", ".join(_plain(p) for p in phrases))
        if flow.when:
            yield from ("", f"*Only if `{flow.when.source}`*")
        told: set[tuple[str | int, ...]] = set()
        for instruction in flow.instructions:
            yield from self._way(flow, instruction, told)
            if instruction.id:
                depth = instruction.path.count("branch")
                yield from _set_in(["", *self._step(instruction)], depth)

    def _way(self, flow: Flow, instruction: Instruction, told: set[tuple[str | int, ...]]) -> Iterator[str]:
        """The heading of a way of a branch, before its first step."""
        path = instruction.path
        for place in [n for n, part in enumerate(path) if part == "branch"]:
            way = path[: place + 2]
            if way in told:
                continue
            told.add(way)
            condition = _condition_of(flow, path[:place], way[-1])
            heading = f"*If `{condition}`:*" if condition else "*Otherwise:*"
            empty = " *go on.*" if not instruction.id and len(path) == place + 2 else ""
            yield from _set_in(["", heading + empty], path[:place].count("branch"))

    def _step(self, at: Instruction) -> Iterator[str]:
        step = at.step
        if step.when:
            yield from (f"*If `{step.when}`:*", "")
        if isinstance(step, Say):
            yield from self._pasito(f"{at.key}/say")
            if step.link:
                yield from ("", f"*Link:* {self._label(f'{at.key}/link')} {_plain(step.link.url)}")
        elif isinstance(step, Ask):
            yield from self._pasito(f"{at.key}/say")
            yield from self._person(at, step)
            yield from self._beside("Help", f"{at.key}/help")
        elif isinstance(step, Branch):
            yield "*One of these ways:*"
        elif found := questions_of(self.version, at):
            yield from self._questions(at, found)
        else:
            yield from self._other(at, step)

    def _pasito(self, key: str) -> Iterator[str]:
        first, *rest = _lines(self._words(key))
        yield f"**Pasito:** {first}"
        yield from rest

    def _person(self, at: Instruction, step: Ask) -> Iterator[str]:
        if step.choices == "languages":
            labels = [language_name(tag) for tag in self.version.pack.languages]
        else:
            labels = [self._label(option.key) for option in at.options]
        if labels:
            yield from ("", "**Person:** one or more of" if step.type == "many" else "**Person:** one of", "")
            yield from (f"- {label}" for label in labels)
        else:
            yield from ("", f"**Person:** *{step.type}*")
        yield from self._beside("Needs an answer", None) if step.required else ()

    def _beside(self, what: str, key: str | None) -> Iterator[str]:
        """A note beside the words: a help text, if there is one, or only the note."""
        if key is None:
            yield from ("", f"*{what}.*")
        elif self.version.words.has(key):
            first, *rest = _lines(self._words(key))
            yield from ("", f"*{what}:* {first}", *rest)

    def _other(self, at: Instruction, step: Step) -> Iterator[str]:
        name = named(at)
        if step.kind in _TURNS:
            yield f"*{_TURNS[step.kind]}* {self._flow_name(name)}{_BEHIND.get(step.kind, '')}"
        elif step.kind == "go":
            yield f"*Goes on at `{name}` of this flow.*"
        elif step.kind == "end":
            yield "*This flow ends here.*"
        elif step.kind == "do":
            yield f"*Does `{name}`: {operation_words(name)}*"
        elif step.kind == "show":
            yield f"*Shows `{name}`: {view_words(name)}*"
        elif isinstance(step, Remind):
            hour = f", not before {step.at}" if step.at else ""
            yield f"*{_SINCE[step.since].format(step.after)}{hour}, if the person agreed to reminders:* {self._flow_name(name)}"
        elif isinstance(step, Action):
            yield f"*Runs the action `{name}`.*"
            yield from self._beside("While waiting", f"{at.key}/waiting")
            yield from self._beside("If it fails", f"{at.key}/failed")
        else:
            yield f"*{describe(step.kind).sentence}*"
            for part, _ in step.texts():
                yield ""
                yield from self._pasito(f"{at.key}/{part}")

    def _flow_name(self, id: str) -> str:
        return f"**{_plain(self.version.flows[id].title)}** (`{id}`)"

    # --- questions of the bank ---

    def _questions(self, at: Instruction, found: list[Question]) -> Iterator[str]:
        count = len(dict.fromkeys(_slot(question) for question in found))
        if at.step.kind == "questions":
            yield f"*The {count} questions of `{named(at)}`, those that fit and are still open:*"
        slots: dict[str, int] = {}
        for question in found:
            place = slots.setdefault(_slot(question), len(slots) + 1)
            yield from (
                ("", f"*`{question.id}` ({place} of {count})*", "") if at.step.kind == "questions" else ()
            )
            if question.when:
                yield from ("", f"*If `{question.when.source}`:*", "")
            yield from self._question(question)

    def _question(self, question: Question) -> Iterator[str]:
        key = f"bank/{question.id}"
        yield from self._pasito(f"{key}/ask")
        yield from self._beside("To a group", f"{key}/ask@group")
        yield from ("", "**Person:** one of", "")
        for choice in question.choices:
            points = f" *({choice.points})*" if choice.points is not None else ""
            yield f"- {self._label(f'{key}/choices/{choice.id}')}{points}"
        yield from self._beside("Why we ask", f"{key}/why")
        yield from self._beside("To a group", f"{key}/why@group")
        yield from self._beside("Help", f"{key}/help")

    # --- the rest ---

    def _package_items(self) -> Iterator[str]:
        pack = self.version.pack
        yield from ("", "## What a package item says")
        for id, gap in pack.gaps.items():
            key = f"gaps/{id}"
            yield from ("", f"### {self._label(f'{key}/name')}", "", f"*Gap `{id}`*", "")
            yield from self._pasito(f"{key}/reason")
            for tip in range(1, gap.tips + 1):
                yield from self._beside(f"Tip {tip}", f"{key}/tips/{tip}")
            yield from self._beside("Quiz", f"{key}/quiz/ask")
            yield ""
            for choice in gap.quiz:
                right = " *(right)*" if choice == gap.right else ""
                yield f"- {self._label(f'{key}/quiz/choices/{choice}')}{right}"
            yield from self._beside("Explained", f"{key}/quiz/explain")
            if gap.film:
                yield from self._beside("Film", f"films/{gap.film}/title")
        if pack.starters:
            yield from ("", "### First steps for an idea")
        for id in pack.starters:
            yield from (
                "",
                f"*{self._label(f'starters/{id}/name')}:* {_plain(self._words(f'starters/{id}/tip'))}",
            )

    def _films(self) -> Iterator[str]:
        """The words of films, which can also be read in the chat."""
        yield from ("", "## Films")
        for id, film in self.version.pack.films.items():
            yield from ("", f"### {_plain(self._words(f'films/{id}/title'))}", "", f"*Film `{id}`*")
            for scene in range(1, film.scenes + 1):
                key = f"films/{id}/scenes/{scene}"
                yield from self._beside(f"Scene {scene}", f"{key}/picture")
                yield ""
                yield from self._pasito(f"{key}/words")

    def _economy(self) -> Iterator[str]:
        """What the economy fills in: its directory, its rules, what sells well there."""
        pack = self.version.pack
        yield from ("", "## Directory")
        for kind in pack.directory.kinds:
            yield from ("", f"### {self._label(f'directory/kinds/{kind}/name')}", "", f"*Kind `{kind}`*", "")
            for entry in pack.directory.entries.values():
                if entry.kind == kind:
                    what = _plain(self._words(f"directory/entries/{entry.id}/what"))
                    yield f"- **{_plain(entry.name)}:** {what} {_plain(entry.contact)}"
        yield from ("", "## Rules", "")
        for id in pack.laws:
            yield f"- **{self._label(f'laws/{id}/name')}:** {_plain(self._words(f'laws/{id}/say'))}"
        yield from ("", "## What other businesses did", "")
        for case in pack.cases.values():
            waits = "" if case.is_shown else " *(waits for consent: told to nobody)*"
            say = self._words(f"cases/{case.id}/say") if case.is_shown else case.say
            yield f"- **{_plain(case.who or case.id)}:** {_plain(say)}{waits}"
        yield from ("", "## What sells well, and other programmes", "")
        for key in self.version.texts:
            if key.startswith(("products/", "programmes/")):
                yield f"- {self._label(key)}"

    def _meetings(self) -> Iterator[str]:
        """The meetings with their sessions, and the questions about what people know."""
        for code, meeting in self.version.pack.meetings.items():
            key = f"meetings/{code}"
            yield from ("", f"## {self._label(f'{key}/title')}", "", f"*Meeting `{code}`*", "")
            yield from (f"- {self._label(f'{key}/sessions/{session}')}" for session in meeting.sessions)
            for number, question in enumerate(meeting.knowledge, 1):
                yield ""
                yield from self._pasito(f"{key}/knowledge/{number}/ask")
                yield ""
                for choice in question.choices:
                    right = " *(right)*" if choice == question.right else ""
                    yield f"- {self._label(f'{key}/knowledge/{number}/choices/{choice}')}{right}"

    def _sentences(self) -> Iterator[str]:
        """Sides and levels, what the engine itself says, and the words of the pages."""
        yield from ("", "## Sides", "")
        for id in self.version.pack.bank.dimensions:
            yield f"- {self._label(f'dimensions/{id}/name')}"
        yield from ("", "## Levels", "")
        for level in self.version.pack.scoring.levels:
            key = f"levels/{level.id}"
            yield f"- **{self._label(f'{key}/name')}:** {_plain(self._words(f'{key}/say'))}"
        yield from ("", "## Sentences said in many places", "", *self._room("engine/"))
        yield from ("", "## Words of the web page", "", *self._room("web/"))
        yield from ("", "## Words of the page that plays films", "", *self._room("player/"))
        yield from ("", "## Words of the guidebook and the training plan", "", *self._room("papers/"))

    def _room(self, room: str) -> Iterator[str]:
        """All texts whose keys begin so, by name."""
        for key in sorted(self.version.words.texts):
            if key.startswith(room) and "#" not in key:
                yield f"- *`{key.removeprefix(room)}`* {_plain(self._words(key))}"

    def _words(self, key: str) -> str:
        return self.version.words.of(key, self.language)

    def _label(self, key: str) -> str:
        """The words of a choice, with the short form that stands on a button."""
        long, short = self._words(key), self.version.words.of(key, self.language, short=True)
        return _plain(long) if short == long else f"{_plain(long)} ({_plain(short)})"


def _slot(question: Question) -> str:
    return question.slot or question.id


def _condition_of(flow: Flow, branch: tuple[str | int, ...], way: str | int) -> str | None:
    at = next(
        instruction for instruction in flow.instructions if instruction.path == branch and instruction.id
    )
    assert isinstance(way, int)  # a way has a number
    condition = at.arms[way].condition
    return condition.source if condition else None


def in_order(version: Version) -> list[Flow]:
    """The flows as a person meets them: from the opening on, then those that are only started by words."""
    order: dict[str, None] = {}

    def visit(id: str) -> None:
        if id in order:
            return
        order[id] = None
        for instruction in version.flows[id].instructions:
            if instruction.step.kind in WAYS:
                visit(named(instruction))

    visit(version.pack.opening)
    for id in sorted(version.flows):
        visit(id)
    return [version.flows[id] for id in order]


# --- Markdown ------------------------------------------------------------------------------------


def _set_in(lines: list[str], depth: int) -> Iterator[str]:
    """Lines of a way stand behind a bar for each branch they are in."""
    bar = "> " * depth
    return ((bar + line).rstrip() for line in lines)


def _plain(text: str) -> str:
    """Words in one line, with no sign that Markdown would take for itself."""
    return _MARKS.sub(r"\\\g<0>", " ".join(text.split()))


def _lines(text: str) -> list[str]:
    """Words with their own line breaks, each line ready to stand in Markdown."""
    lines = [_LINE_MARK.sub(r"\1\\\2", _plain(line)) for line in text.strip().splitlines()] or [""]
    return [f"{line}\\" for line in lines[:-1]] + lines[-1:]
