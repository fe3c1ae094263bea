"""The generated pages: current, complete, and with examples that load."""

from __future__ import annotations

import re
import textwrap
import tomllib
from itertools import chain
from pathlib import Path

import pytest

from content.problems import CATALOGUE, render
from flows import descriptions, facts
from flows.answers import ANSWERS
from flows.events import EVENTS
from flows.model import Choice, FlowFile
from flows.operations import OPERATIONS
from flows.steps import STEPS
from flows.steps.say import SayLink
from flows.views import VIEWS
from pasito import references
from pasito.settings import PREFIX, Settings
from tests.flows.small_packs import problems_of

ROOT = references.ROOT
DOCS = ROOT / "docs"


def test_the_pages_say_what_the_code_says() -> None:
    assert references.stale(ROOT) == [], "Run `make docs`."


def test_only_pages_that_are_not_current_are_written(tmp_path: Path) -> None:
    assert references.write(tmp_path) == list(references.PAGES)
    assert references.stale(tmp_path) == []
    events = tmp_path / "docs/analyst/events.md"
    events.write_text("Somebody wrote here.", encoding="utf-8")
    assert references.stale(tmp_path) == ["docs/analyst/events.md"]
    assert references.write(tmp_path) == ["docs/analyst/events.md"]


def test_check_says_which_page_is_not_current(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "docs").mkdir()
    monkeypatch.setattr(references, "ROOT", tmp_path)
    assert references.main(["--check"]) == 1
    assert "docs/economy/steps.md is not current. Run `make docs`." in capsys.readouterr().out
    assert references.main([]) == 0
    assert references.main(["--check"]) == 0


# --- the language of flows -----------------------------------------------------------------------


@pytest.mark.parametrize("kind", STEPS)
def test_the_example_of_a_step_kind_loads(kind: str) -> None:
    example = descriptions.describe(kind).example
    assert re.search(rf"\b{kind}:", example)
    report = problems_of(example="said: [an example]\nsteps:\n" + textwrap.indent(example, "  "))
    assert not report.problems, render(report.problems)


@pytest.mark.parametrize("kind", STEPS)
def test_a_step_kind_and_its_keys_are_explained(kind: str) -> None:
    page = references.steps()
    assert f"\n### {kind}\n\n{descriptions.describe(kind).sentence}\n" in page
    keys = set(STEPS[kind].model_fields) - {kind} - descriptions.COMMON_KEYS.keys()
    assert {key for of, key in descriptions.KEYS if of == kind} == keys


def test_a_step_kind_without_an_example_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(STEPS["say"], "__doc__", "Says something.")
    with pytest.raises(ValueError, match="say has no example"):
        descriptions.describe("say")


@pytest.mark.parametrize("name", ANSWERS)
def test_a_type_of_answer_is_explained(name: str) -> None:
    assert f"| `{name}` | {ANSWERS[name].about} |" in references.steps()


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_is_explained(name: str) -> None:
    words = descriptions.operation_words(name)
    assert words.endswith(".")
    assert f"| `{name}` | {words} |" in references.steps()


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_is_explained(name: str) -> None:
    words = descriptions.view_words(name)
    assert words.endswith(".")
    assert f"| `{name}` | {words} |" in references.steps()


def test_every_name_has_its_words_and_no_other_has() -> None:
    assert descriptions.NAMES.keys() == facts.NAMES.keys()
    assert descriptions.PLACEHOLDERS.keys() == facts.PLACEHOLDERS.keys()
    assert descriptions.WORD_KEYS.keys() == Choice.model_fields.keys() | SayLink.model_fields.keys()
    heads = {field.alias or name for name, field in FlowFile.model_fields.items()}
    assert descriptions.FLOW_KEYS.keys() == heads | {"steps"}


# --- problems, events, settings ------------------------------------------------------------------


def test_every_problem_has_its_line() -> None:
    page = references.problems()
    assert [code for code in CATALOGUE if f"| `{code}`" not in page] == []


@pytest.mark.parametrize("kind", EVENTS)
def test_an_event_is_explained_with_its_data(kind: str) -> None:
    line = next(line for line in references.events().splitlines() if line.startswith(f"| `{kind}` |"))
    assert EVENTS[kind].about in line
    assert all(f"`{name}`" in line for name in EVENTS[kind].data)


@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_setting_has_its_name_and_help(name: str) -> None:
    help = Settings.model_fields[name].description
    assert help
    line = f"| `{PREFIX}{name.upper()}` |"
    assert any(row.startswith(line) and help in row for row in references.settings().splitlines())


# --- pages written by hand -----------------------------------------------------------------------


def test_every_dependency_says_what_it_is_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    named = chain(project["project"]["dependencies"], *project["dependency-groups"].values())
    names = {re.split(r"[<>=;~! ]", dependency)[0] for dependency in named}
    page = (DOCS / "developer/dependencies.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"^\| `([^`]+)` \| \S.* \| \S.* \|$", page, re.MULTILINE))
    assert explained == names


def test_the_index_leads_to_pages_that_exist() -> None:
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)]+)\)", index)
    assert links
    assert [link for link in links if not (DOCS / link).is_file()] == []
