"""The description of the API, and schemathesis, which believes every word of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
import schemathesis
from jsonschema import Draft202012Validator
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import from_schema
from schemathesis.engine.events import FatalError, NonFatalError, ScenarioFinished

from api.shapes import OUTSIDE
from pasito.app import application
from pasito.deployment import deployment
from pasito.settings import read_settings
from store import keys
from tests.api.serving import ago, now, played
from tests.api.test_events import DATA


@pytest.fixture
def described(client):
    return client.get("/v1/openapi.json").json()


def test_only_the_api_is_described(described):
    assert described["openapi"].startswith("3.1")
    assert all(path.startswith("/v1/") for path in described["paths"])


def operations(described):
    return [operation for methods in described["paths"].values() for operation in methods.values()]


def test_every_operation_needs_a_key_and_says_what_it_answers(described):
    assert described["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    for operation in operations(described):
        assert operation["security"] == [{"key": []}]
        assert operation["summary"]
        assert {"200", "401", "403", "500", "503"} <= set(operation["responses"])


def test_every_error_is_described_as_a_problem_with_an_example(described):
    for operation in operations(described):
        for status, response in operation["responses"].items():
            if status != "200":
                ((kind, content),) = response["content"].items()
                assert kind == "application/problem+json"
                Draft202012Validator(content["schema"]).validate(content["example"])


def event_schema(described):
    return {**described["components"]["schemas"]["EventIn"], "components": described["components"]}


@pytest.mark.parametrize("kind", OUTSIDE)
def test_the_description_of_each_kind_takes_what_the_address_takes(described, kind):
    valid = Draft202012Validator(event_schema(described))
    event = played("1", kind=kind, data=DATA[kind])
    valid.validate(event)
    assert not valid.is_valid({**event, "data": {**DATA[kind], "words": "hola"}})
    if DATA[kind]:
        assert not valid.is_valid({**event, "data": {}})


def test_the_example_is_taken(described):
    Draft202012Validator(event_schema(described)).validate(event_schema(described)["examples"][0])


# --- schemathesis -----------------------------------------------------------------------------------

EXAMPLES = 50


@pytest.fixture
def schema(tmp_path):
    """The description of an application of its own, with a key that may do everything."""
    here = deployment(read_settings(data_dir=tmp_path))
    with here.database.begin() as tx:
        _, key = keys.make_key(
            tx, "base", label="schemathesis", scopes=["operator", "events"], source="them", now=now()
        )
    config = SchemathesisConfig.from_dict(
        {
            "auth": {"openapi": {"key": {"bearer": key}}},
            "generation": {"max-examples": EXAMPLES, "deterministic": True, "database": "none"},
            "phases": {"stateful": {"enabled": False}},
            "continue-on-failure": True,
        }
    )
    loaded = schemathesis.openapi.from_asgi("/v1/openapi.json", application(here), config=config)
    schemathesis.hook("before_call")(in_these_years)
    yield loaded
    schemathesis.hooks.unregister_all()
    here.close()


def in_these_years(context: Any, case: Any, kwargs: Any) -> None:
    """What a schema cannot say: an event lies in the last two years, and an id stands once in a batch."""
    events = case.body.get("events") if isinstance(case.body, dict) else None
    for place, event in enumerate(events if isinstance(events, list) else ()):
        if isinstance(event, dict) and _is_instant(event.get("occurred_at")):
            event["occurred_at"] = ago(days=place % 700, minutes=1)
        if isinstance(event, dict) and isinstance(event.get("id"), str) and 0 < len(event["id"]) <= 64:
            event["id"] = f"{event['id'][:60]}{place}"


def _is_instant(value: Any) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def test_schemathesis_finds_nothing(schema):
    asked, found = 0, []
    for event in from_schema(schema).execute():
        if isinstance(event, ScenarioFinished):
            asked += len(event.recorder.cases)
            found += [
                f"{check.name}: {check.failure_info.failure.message}\n{check.failure_info.code_sample}"
                for checks in event.recorder.checks.values()
                for check in checks
                if check.failure_info is not None
            ]
        elif isinstance(event, (NonFatalError, FatalError)):
            found.append(repr(event))
    assert found == []
    assert asked > 2 * EXAMPLES
