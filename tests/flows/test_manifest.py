"""The analyst's data dictionary."""

from __future__ import annotations

import json
import re
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from flows.conversations import World
from flows.events import EVENTS
from flows.manifest import OTHER_EVENTS, STEP_EVENTS, manifest
from flows.operations import OPERATIONS
from flows.steps import STEPS
from flows.version import Version, Versions
from flows.views import VIEWS
from pasito.settings import Settings
from pasito.showing import manifest as show_manifest
from tests.flows.small_packs import compiled

SHOP = """
steps:
  - ask: workers
    type: number
    say: How many people work with you?
    least: 0
    most: 1000
  - ask: sells
    type: many
    say: Where do you sell?
    choices: {market: In the market, online: Online}
    when: answers.workers > 1
  - ask: allowed
    say: May I write to you?
    choices: {yes: "Yes", no: "No"}
    save: consent.reminders
  - question: role
  - questions: quick
  - score: quick
  - remind: did_you_do_it
    after: 2d
  - link: menu
"""


@pytest.fixture(scope="module")
def shop() -> dict[str, Any]:
    return _flow(manifest(compiled(welcome=SHOP)), "welcome")


@pytest.fixture(scope="module")
def whole(base: Version) -> dict[str, Any]:
    return manifest(base)


def _flow(manifest: dict[str, Any], id: str) -> dict[str, Any]:
    found: dict[str, Any] = next(flow for flow in manifest["flows"] if flow["flow"] == id)
    return found


def test_it_says_what_is_asked(shop: dict[str, Any]) -> None:
    workers, sells, _, role, item = shop["asks"][:5]
    assert workers["text"] == "How many people work with you?"
    assert workers["choices"] is None
    assert sells["choices"] == {"market": "In the market", "online": "Online"}
    assert sells["when"] == "answers.workers > 1"
    assert role["field"] == "role"
    assert item["item"] == "A1"


def test_it_says_what_is_recorded_and_which_values_are_possible(shop: dict[str, Any]) -> None:
    records = {record["name"]: record for record in shop["records"]}
    assert records["answers.workers"] == {
        "name": "answers.workers", "type": "number", "values": None, "least": 0, "most": 1000,
    }  # fmt: skip
    assert records["answers.sells"]["values"] == ["market", "online"]
    assert records["consent.reminders"]["values"] == [True, False]
    assert "own" in records["profile.role"]["values"]
    assert records["items.A1"]["values"][-3:] == ["not_applicable", "skipped", "unknown"]
    assert records["score.level"]["values"][0] == "starting"


def test_it_says_where_a_flow_leads_and_which_events_it_writes(shop: dict[str, Any]) -> None:
    assert shop["leads_to"] == [
        {"flow": "did_you_do_it", "how": "remind"},
        {"flow": "menu", "how": "link"},
    ]
    assert {"consent_given", "profile_answered", "question_answered", "diagnostic_started"} <= set(
        shop["events"]
    )
    assert "quiz_answered" not in shop["events"]


def test_a_set_of_fields_starts_no_check(whole: dict[str, Any]) -> None:
    assert _flow(whole, "ask_about_business")["events"] == ["profile_answered"]


def test_it_is_plain_json(whole: dict[str, Any]) -> None:
    assert json.loads(json.dumps(whole)) == whole


def test_the_bank_stands_in_it_with_its_points(base: Version, whole: dict[str, Any]) -> None:
    assert [field["field"] for field in whole["fields"]] == [field.id for field in base.pack.bank.fields]
    assert [item["item"] for item in whole["items"]] == [item.id for item in base.pack.bank.items]
    assert all([c["points"] for c in item["choices"]] == [0, 1, 2, 3, 4] for item in whole["items"])
    size = next(field for field in whole["fields"] if field["field"] == "size")
    assert size["choices"][1]["from"] == 2
    assert size["choices"][-1]["to"] is None


def test_every_flow_and_every_event_is_in_it(base: Version, whole: dict[str, Any]) -> None:
    assert {flow["flow"] for flow in whole["flows"]} == set(base.flows)
    assert list(whole["events"]) == list(EVENTS)
    assert whole["events"]["quiz_answered"]["data"]["right"] == {"kind": "yes_no", "optional": False}
    assert "findable" in whole["codes"]["gap"]


# --- the table of events -------------------------------------------------------------------------


def test_every_event_is_written_by_a_step_or_from_outside() -> None:
    written = {event for events in STEP_EVENTS.values() for event in events}
    assert written | set(OTHER_EVENTS) == set(EVENTS)
    assert not written & set(OTHER_EVENTS)


def test_the_table_names_what_exists() -> None:
    for name in STEP_EVENTS:
        kind, _, rest = name.partition(" ")
        assert kind in STEPS
        assert kind != "do" or rest in OPERATIONS
        assert kind != "show" or rest in VIEWS


@pytest.mark.parametrize("kind", STEPS)
def test_the_events_a_step_writes_itself_are_in_the_table(kind: str) -> None:
    source = (resources.files("flows") / "steps" / f"{kind}.py").read_text(encoding="utf-8")
    written = set(re.findall(r'\.event\(\s*"(\w+)"', source))
    told = {event for name, events in STEP_EVENTS.items() if name.split()[0] == kind for event in events}
    assert written <= told


def test_a_whole_conversation_writes_what_the_manifest_foretells(
    base: Version, whole: dict[str, Any]
) -> None:
    run: list[str] = []
    world = World(Versions(base), trace=run.append)
    world.write("Ana", "hola")
    for _ in range(60):
        question = world.person("Ana").question
        assert question is not None
        assert question.choices
        world.press("Ana", question.choices[0].value.partition(":")[2])
        foretold = {event for key in run for event in _flow(whole, key.split("/")[0])["events"]}
        assert {event.kind for event in world.person("Ana").events} <= foretold | set(OTHER_EVENTS)
    happened = {event.kind for event in world.person("Ana").events}
    assert {"consent_given", "question_answered", "diagnostic_completed", "item_opened"} <= happened


def test_preview_prints_it(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    show_manifest(Settings(data_dir=tmp_path), None)
    assert json.loads(capsys.readouterr().out)["pack"]["id"] == "base"
