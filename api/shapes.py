"""What an event from elsewhere looks like: how it is checked, and how OpenAPI describes it.

Both follow from the one table of events, so that description and check cannot differ.
"""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
)

from access.problems import shown
from flows import events

MOST_EVENTS = 500
OLDEST = timedelta(days=730)  # older events would be let go at once
CLOCKS_DIFFER = timedelta(minutes=5)
OUTSIDE = tuple(name for name, kind in events.EVENTS.items() if kind.outside)

Json = dict[str, Any]

_NAME = r"^[A-Za-z0-9_.:-]+$"
_LANGUAGE = r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$"
# RFC 3339. A bare number would be read as seconds, although the description promises text.
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")

EXAMPLE: Json = {
    "id": "8f14e45f-1",
    "pseudonym": "shop-4711",
    "kind": "video_played",
    "occurred_at": "2026-11-21T09:30:00Z",
    "data": {"film": "V05"},
}


def _instant(value: Any) -> Any:
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise ValueError("it should be an instant such as 2026-11-21T09:30:00Z")
    return value


def _plain(value: Any) -> Any:
    if value is not None and not isinstance(value, str | int | float):
        raise ValueError("it should be text, a number, true, false or null")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("it should be a finite number")
    # In JSON 3.0 is a whole number, too.
    return int(value) if isinstance(value, float) and value.is_integer() else value


Instant = Annotated[AwareDatetime, BeforeValidator(_instant)]
Plain = Annotated[
    Any, AfterValidator(_plain), WithJsonSchema({"type": ["string", "number", "boolean", "null"]})
]


def _describe(schema: Json) -> None:
    schema["oneOf"] = [_schema_of(name) for name in OUTSIDE]
    schema["examples"] = [EXAMPLE]


def _schema_of(kind: str) -> Json:
    """Which data belong to a kind."""
    fields = events.EVENTS[kind].data
    data = {
        "type": "object",
        "properties": {name: _schema_of_field(field) for name, field in fields.items()},
        "required": [name for name, field in fields.items() if not field.optional],
        "additionalProperties": False,
    }
    return {
        "title": kind,
        "description": events.EVENTS[kind].about,
        "properties": {"kind": {"const": kind}, "data": data},
        "required": ["kind", "data"] if fields else ["kind"],
    }


def _schema_of_field(field: events.Field) -> Json:
    schema = _FIELDS[field.kind]
    return {"anyOf": [schema, {"type": "null"}]} if field.optional else schema


_MOST = {"minimum": -1_000_000_000, "maximum": 1_000_000_000}
_FIELDS: dict[str, Json] = {
    "code": {"type": "string", "pattern": f"^{events.CODE.pattern}$"},
    "yes_no": {"type": "boolean"},
    "number": {"type": "number", **_MOST},
    "whole": {"type": "integer", **_MOST},
}


class EventIn(BaseModel):
    """One event. `id` is yours and never used twice; `pseudonym` names the person to you alone."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_describe)

    id: str = Field(min_length=1, max_length=64, pattern=_NAME)
    pseudonym: str = Field(min_length=1, max_length=128, pattern=_NAME)
    kind: str = Field(json_schema_extra={"enum": list(OUTSIDE)})
    occurred_at: Instant = Field(description="Not in the future, and at most two years back.")
    language: str | None = Field(None, max_length=20, pattern=_LANGUAGE, description="Such as es-PE.")
    is_test: bool = Field(False, strict=True, description="Test events count in no figure.")
    data: dict[str, Plain] = Field(default_factory=dict, max_length=10)


class Batch(BaseModel):
    """Up to 500 events. All are kept, or none."""

    model_config = ConfigDict(extra="forbid")

    events: list[EventIn] = Field(min_length=1, max_length=MOST_EVENTS)


class Receipt(BaseModel):
    """What became of the batch."""

    accepted: int = Field(description="Events that are new.")
    known: int = Field(description="Events that had been received before, or whose person was erased since.")


def wrong_in(batch: Batch, now: datetime) -> list[dict[str, str]]:
    """What the form alone does not show, each with its place; empty when every event fits its kind."""
    wrong: list[dict[str, str]] = []
    seen: set[str] = set()
    for place, event in enumerate(batch.events):
        sentences = _wrong(event, now)
        if event.id in seen:
            sentences.append(f"The id '{event.id}' stands twice in this batch.")
        seen.add(event.id)
        wrong += [{"at": f"body/events/{place}", "message": sentence} for sentence in sentences]
    return wrong


def _wrong(event: EventIn, now: datetime) -> list[str]:
    if event.kind not in OUTSIDE:
        return [f"'{shown(event.kind)}' is not a kind of event that can be reported."]
    data = {shown(name): value for name, value in event.data.items()}
    sentences = events.wrong_data(event.kind, data)
    if not now - OLDEST <= event.occurred_at <= now + CLOCKS_DIFFER:
        sentences.append("'occurred_at' lies in the future, or more than two years back.")
    return sentences
