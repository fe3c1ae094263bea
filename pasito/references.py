"""Writes the pages that are made from the code: `python -m pasito.references` (`make docs`).

With `--check` it writes nothing and names the pages that are not current.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from itertools import groupby
from pathlib import Path
from typing import Any, get_args

from content.conditions import Name
from content.problems import CATALOGUE
from flows import descriptions, facts
from flows.answers import ANSWERS
from flows.events import EVENTS, Field
from flows.operations import OPERATIONS
from flows.schema import json_schema
from flows.steps import STEPS
from flows.views import VIEWS
from pasito.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parent.parent
MADE = "<!-- Made by `make docs` from the code. Change the code, not this page. -->"


def main(arguments: list[str]) -> int:
    """Writes or checks the pages. Gives back the exit code."""
    if not (ROOT / "docs").is_dir():
        sys.stderr.write("There is no folder docs beside the code. Run this in the project's own folder.\n")
        return 2
    if "--check" in arguments:
        old = stale(ROOT)
        for path in old:
            sys.stdout.write(f"{path} is not current. Run `make docs`.\n")
        return 1 if old else 0
    for path in write(ROOT):
        sys.stdout.write(f"{path} is written.\n")
    return 0


def write(root: Path) -> list[str]:
    """Writes the pages that are not current below this folder, and names them."""
    old = stale(root)
    for path in old:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(PAGES[path](), encoding="utf-8", newline="\n")
    return old


def stale(root: Path) -> list[str]:
    """The pages below this folder that differ from what the code says, or are missing."""
    return [path for path, made in PAGES.items() if _read(root / path) != made()]


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


# --- Markdown ------------------------------------------------------------------------------------


def _page(*parts: str | Iterable[str]) -> str:
    lines: list[str] = []
    for part in parts:
        lines += [part] if isinstance(part, str) else part
    return "\n".join(lines).rstrip() + "\n"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    cells = [head, ("---",) * len(head), *rows]
    return ["", *("| " + " | ".join(_cell(cell) for cell in row) + " |" for row in cells), ""]


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _code(text: object) -> str:
    return f"`{text}`"


def _codes(words: Iterable[object]) -> str:
    return ", ".join(_code(word) for word in words)


# --- docs/economy/steps.md -----------------------------------------------------------------------


def steps() -> str:
    schema = json_schema()["$defs"]
    return _page(
        "# The language of flows", "", MADE, "",
        "A flow is a file in the folder `flows` of a pack. It has a head and a list of steps. The first word of a",
        "step names its kind. After a step comes the next one in the list.", "",
        "An editor that reads JSON Schema helps while you write. Put this line at the top of a flow, with the way",
        "from your file to the schema:", "",
        "```yaml", "# yaml-language-server: $schema=../../../../flows/schema/flow.json", "```", "",
        "`pasito check` finds what an editor cannot see. `pasito preview` shows a pack as a script, as a diagram or",
        "as a list of what it records.", "",
        "## The head of a flow",
        _table(("key", "what it is for"), ((_code(k), text) for k, text in descriptions.FLOW_KEYS.items())),
        "## Keys of every step",
        _table(("key", "what it is for"), ((_code(k), text) for k, text in descriptions.COMMON_KEYS.items())),
        "## Kinds of steps", "", _codes(STEPS), "",
        *(_kind(kind, schema[kind]) for kind in STEPS),
        "## Words and choices", "",
        "Words are a text, or a mapping with these keys. A choice has the last two besides.",
        _table(("key", "what it is for"), _word_keys(schema)),
        "## Types of answers",
        _table(
            ("type", "what it takes", "has choices"),
            ((_code(name), kind.about, "yes" if kind.has_choices else "no") for name, kind in ANSWERS.items()),
        ),
        "## What `do` can do",
        _table(("operation", "what happens"), ((_code(n), descriptions.operation_words(n)) for n in OPERATIONS)),
        "## What `show` can show",
        _table(("view", "what is shown"), ((_code(n), descriptions.view_words(n)) for n in VIEWS)),
        _conditions(),
        "## Placeholders in texts", "",
        "Write them in braces: `{item.name}`.",
        _table(("placeholder", "what stands there"), (
            (_code(f"{{{name}}}"), descriptions.PLACEHOLDERS[name]) for name in facts.PLACEHOLDERS
        )),
    )  # fmt: skip


def _kind(kind: str, schema: dict[str, Any]) -> list[str]:
    described = descriptions.describe(kind)
    lines = [f"### {kind}", "", described.sentence, "", "```yaml", described.example, "```", ""]
    if described.notes:
        lines += [described.notes, ""]
    keys = [key for key in schema["properties"] if key not in (kind, *descriptions.COMMON_KEYS)]
    needed = schema.get("required", ())
    rows = [
        (
            _code(key),
            "yes" if key in needed else "no",
            descriptions.KEYS[kind, key] + _possible(schema["properties"][key]),
        )
        for key in keys
    ]
    return lines + (_table(("key", "needed", "what it is for"), rows)[1:] if rows else [])


def _possible(schema: dict[str, Any]) -> str:
    if "enum" not in schema:
        return ""
    if True in schema["enum"]:
        return " `yes` or `no`."
    return f" One of {_codes(schema['enum'])}."


def _word_keys(schema: dict[str, Any]) -> list[tuple[str, str]]:
    return [(_code(key), descriptions.WORD_KEYS[key]) for key in schema["Choice"]["properties"]]


def _conditions() -> list[str]:
    groups = [
        (
            "`profile.<field>`",
            "a choice",
            "The answer to a field of the bank. `null` when it was not answered.",
        ),
        ("`points.<item>`", "a number", "The points of an item, 0 to 4. `null` when it was not answered."),
        (
            "`answers.<name>`",
            "by its type",
            "The answer to an `ask` of any flow. `null` when it was not answered.",
        ),
    ]
    rows = [(_code(name), _holds(kind), descriptions.NAMES[name]) for name, kind in facts.NAMES.items()]
    return [
        "## Names in conditions", "",
        "Conditions are [CEL](https://cel.dev): `profile.size == \"one\" && points.P1 >= 2`. There are `&&`, `||`, `!`,",
        "`==`, `!=`, `<`, `<=`, `>`, `>=` and `in`. Put a condition in quotes if it begins with a sign.",
        *_table(("name", "holds", "what it says"), [*groups, *rows]),
    ]  # fmt: skip


def _holds(name: Name) -> str:
    if name.choices:
        return _codes(sorted(name.choices))
    return {
        "choice": "a choice",
        "choices": "choices",
        "number": "a number",
        "text": "a text",
        "yes_no": "true or false",
    }[name.kind]


# --- docs/economy/problems.md --------------------------------------------------------------------

_ABOUT = {
    "YAML": "The file as a file",
    "SHAPE": "The shape of a file",
    "PACK": "The pack",
    "BANK": "The bank of questions",
    "SCORE": "Scoring",
    "GAP": "Gaps",
    "FILM": "Films",
    "COND": "Conditions",
    "TEXT": "Words",
    "EXT": "What a pack changes in the one it extends",
    "ZIP": "A pack as a zip file",
    "TERM": "Terms",
    "DIR": "The directory",
    "LAW": "Laws",
    "CAMP": "Campaigns",
    "SRC": "Sources",
    "I18N": "Translations",
    "LIVE": "People who are in the middle of it",
    "FLOW": "Flows",
    "TEST": "Conversation tests",
}


def problems() -> str:
    parts = [
        "# Problems and what to do", "", MADE, "",
        "`pasito check` shows all problems of a pack at once: where, what we found, what to do. A *hint* does not",
        "stop a pack from being used. What stands in {braces} is filled in.", "",
    ]  # fmt: skip
    for group, codes in groupby(CATALOGUE, key=lambda code: code.partition("-")[0]):
        rows = [
            (
                f"{_code(code)}{' *hint*' if CATALOGUE[code].severity == 'hint' else ''}",
                _sentence(CATALOGUE[code].finding),
                _sentence(CATALOGUE[code].remedy),
            )
            for code in codes
        ]
        parts += [f"## {_ABOUT.get(group, group)}", *_table(("code", "what we found", "what to do"), rows)]
    return _page(parts)


def _sentence(template: str) -> str:
    return template.replace("{{", "{").replace("}}", "}").replace("<", "&lt;")


# --- docs/analyst/events.md ----------------------------------------------------------------------

_VALUES = {
    "code": "a code",
    "yes_no": "true or false",
    "number": "a number",
    "whole": "a whole number",
}


def events() -> str:
    rows = [
        (
            _code(kind),
            event.about,
            "<br/>".join(f"{_code(name)} {_value(field)}" for name, field in event.data.items()) or "–",
            "yes" if event.outside else "no",
        )
        for kind, event in EVENTS.items()
    ]
    return _page(
        "# Events", "", MADE, "",
        "An event says what happened. It is never changed. Its data are codes and numbers: never words of a person,",
        "names, phones or ids of platforms.", "",
        "A code is a word of ours or of the pack: the id of a field, an item, a choice, a gap, a film or a level.",
        "`pasito preview --as manifest` lists the codes of a pack with their words, and which flow writes which event.",
        "", "*Others may report it* says whether other parties may send this event (`POST /v1/events`).",
        _table(("event", "what happened", "data", "others may report it"), rows),
    )  # fmt: skip


def _value(field: Field) -> str:
    return _VALUES[field.kind] + (" or null" if field.optional else "")


# --- docs/operator/settings.md -------------------------------------------------------------------


def settings() -> str:
    rows = [
        (
            _code(f"{PREFIX}{name.upper()}"),
            _default(field.get_default()),
            (field.description or "") + _one_of(field.annotation),
        )
        for name, field in Settings.model_fields.items()
    ]
    return _page(
        "# Settings", "", MADE, "",
        "Set them in the environment or in a file `.env` beside where you start Pasito. They are read once, at the",
        "start. A value that cannot be used stops the start with a sentence.", "",
        f"For secrets there is a second way: `{PREFIX}SECRET_KEY_FILE=/run/secrets/key` reads the value from that file.",
        "It works for every setting.",
        _table(("setting", "if not set", "what it is for"), rows),
    )  # fmt: skip


def _default(value: object) -> str:
    return _code(value) if value not in ("", None, [], ()) else "empty"


def _one_of(annotation: object) -> str:
    words = [word for word in get_args(annotation) if isinstance(word, str)]
    return f" One of {_codes(words)}." if words else ""


# --- flows/schema/flow.json ----------------------------------------------------------------------


def schema() -> str:
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "docs/economy/steps.md": steps,
    "docs/economy/problems.md": problems,
    "docs/analyst/events.md": events,
    "docs/operator/settings.md": settings,
    "flows/schema/flow.json": schema,
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
