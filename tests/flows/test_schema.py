"""The JSON Schema of flow files: what an editor tells an author."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from content.guarded_yaml import read_yaml
from content.problems import Report
from content.sources import base_sources
from flows.compiler import library_sources
from flows.schema import json_schema
from flows.steps import STEPS

VALIDATOR = Draft202012Validator(json_schema())
FLOWS = {
    **library_sources(),
    **{file: source for file, source in base_sources().items() if file.startswith("flows/")},
}


def fits(steps: str) -> bool:
    """Whether a flow with these steps fits, with all values read as text."""
    source = f"schema: 1\nflow: example\ntitle: Example\nsteps:\n{steps}".encode()
    document = read_yaml(source, "example.yaml", Report())
    assert document is not None
    return VALIDATOR.is_valid(document.value)


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(json_schema())


def test_it_travels_with_the_package() -> None:
    file = resources.files("flows") / "schema" / "flow.json"
    assert json.loads(file.read_text(encoding="utf-8")) == json_schema()


@pytest.mark.parametrize("file", FLOWS)
def test_a_flow_of_ours_fits(file: str) -> None:
    document = read_yaml(FLOWS[file], file, Report())
    assert document is not None
    assert [error.message for error in VALIDATOR.iter_errors(document.value)] == []


def test_our_flows_fit_as_an_editor_reads_them(tmp_path: Path) -> None:
    """An editor reads numbers, true and false before we do."""
    schema = tmp_path / "flow.json"
    schema.write_text(json.dumps(json_schema()), encoding="utf-8")
    numbers = tmp_path / "numbers.yaml"
    numbers.write_text(
        "schema: 1\nflow: numbers\ntitle: 2026\nsteps:\n"
        "  - ask: year\n    type: number\n    say: 2026\n    least: 1\n    most: 2.5\n    required: true\n"
        "  - ask: more\n    say: More?\n    choices: {no: No, yes: true, some: {text: 5, range: 5}}\n"
        "    required: yes\n",
        encoding="utf-8",
    )
    files = [numbers]
    for name, source in FLOWS.items():
        file = tmp_path / name.replace("/", "_")
        file.write_bytes(source)
        files.append(file)
    tool = shutil.which("check-jsonschema", path=str(Path(sys.executable).parent))
    assert tool is not None
    done = subprocess.run([tool, "--schemafile", schema, *files], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("kind", STEPS)
def test_a_kind_of_step_has_its_words_and_its_own_keys_only(kind: str) -> None:
    definition: dict[str, Any] = json_schema()["$defs"][kind]
    assert all(value.get("description") for value in definition["properties"].values())
    assert kind in definition["required"]
    assert definition["additionalProperties"] is False
    assert {"$ref": f"#/$defs/{kind}"} in json_schema()["$defs"]["step"]["anyOf"]


@pytest.mark.parametrize(
    "steps",
    [
        "  - say: Hello\n    link: {label: More, url: https://pasito.example}",
        "  - ask: year\n    say: Since when?\n    type: number\n    least: 1900",
        "  - branch:\n      - if: todo.left > 0\n        then: [{branch: [{else: [{say: Hello}]}]}]\n      - else:",
        '  - remind: later\n    after: 2d\n    at: "10:00"',
    ],
)
def test_what_the_language_knows_fits(steps: str) -> None:
    assert fits(steps)


@pytest.mark.parametrize(
    "steps",
    [
        "  - sya: Hello",
        "  - say: Hello\n    choices: {a: A}",
        "  - say: Hello\n    link: menu",
        "  - ask: Year\n    say: Since when?",
        "  - ask: year",
        "  - ask: year\n    say: When?\n    least: many",
        "  - ask: year\n    say: When?\n    choices: {No: No}",
        "  - ask: year\n    say: When?\n    required: perhaps",
        "  - questions: some",
        "  - remind: later\n    after: 2 days",
        "  - branch:\n      - if: todo.left > 0\n        then: []",
        "  - branch:\n      - if: todo.left > 0\n        then: [{sya: Hello}]\n      - else: []",
        "  - branch:\n      - when: todo.left > 0\n        then: []\n      - else: []",
        "  []",
    ],
)
def test_what_the_language_does_not_know_is_marked(steps: str) -> None:
    assert not fits(steps)
