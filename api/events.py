"""POST /v1/events: what other parties log, in batches, each event counted once.

Their pseudonym is hashed with the source of their key into a person of ours, so that nothing of
theirs means anything here. They vouch for having asked for consent.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import JSONResponse, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue
from sqlalchemy import Connection

from access.keys import Keys
from access.problems import ApiProblem, described
from content.words import is_language
from flows.events import EVENTS, wrong_data
from store import intake, keys
from store.engine import Database
from store.intake import Reported
from store.keys import ApiKey
from store.writer import Writer

MOST_EVENTS = 500
OLDEST = timedelta(days=730)  # older events would be retired at once
CLOCKS_DIFFER = timedelta(minutes=5)
OUTSIDE = tuple(name for name, kind in EVENTS.items() if kind.outside)
_KEY = r"^[\x21-\x7e]{1,64}$"

EXAMPLE: dict[str, JsonValue] = {
    "id": "8f14e45f-1",
    "pseudonym": "shop-4711",
    "kind": "video_played",
    "occurred_at": "2026-11-21T09:30:00Z",
    "data": {"film": "V05"},
}


class EventIn(BaseModel):
    """One event. `id` is yours and never used twice; `pseudonym` names the person to you alone."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": EXAMPLE})

    id: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.:-]+$")
    pseudonym: str = Field(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9_.:-]+$")
    kind: str = Field(json_schema_extra={"enum": list(OUTSIDE)})
    occurred_at: AwareDatetime
    language: str | None = Field(None, max_length=20)
    is_test: bool = Field(False, strict=True)
    data: dict[str, str | int | float | bool | None] = Field(default_factory=dict, max_length=10)


class Batch(BaseModel):
    """Up to 500 events. All are kept, or none."""

    model_config = ConfigDict(extra="forbid")

    events: list[EventIn] = Field(min_length=1, max_length=MOST_EVENTS)


class Receipt(BaseModel):
    """What became of the batch."""

    accepted: int = Field(description="Events that are new.")
    known: int = Field(description="Events that had been received before.")


def router(database: Database, writer: Writer, access: Keys) -> APIRouter:
    routes = APIRouter(prefix="/v1", tags=["events"])

    @routes.post(
        "/events",
        summary="Report what happened elsewhere",
        status_code=200,
        response_model=Receipt,
        responses=described(400, 401, 403, 409, 413, 422),
    )
    async def post_events(
        request: Request,
        batch: Batch,
        key: Annotated[ApiKey, Depends(access.needing("events"))],
        idempotency_key: Annotated[
            str,
            Header(
                pattern=_KEY, description="Yours, new for every batch. Repeat it when you repeat a batch."
            ),
        ],
    ) -> Response:
        if key.source is None:
            raise ApiProblem(
                403, "This key has no source, so events cannot be told apart. Make one with --source."
            )
        reported = _reported(batch)
        body = hashlib.sha256(await request.body()).hexdigest()
        work = _Work(key, key.source, idempotency_key, body, reported)
        status, answer = await asyncio.wrap_future(writer.call(work.do))
        return JSONResponse(answer, status)

    return routes


class _Work:
    """One batch: remembered under its idempotency key in the transaction that keeps it."""

    def __init__(self, key: ApiKey, source: str, name: str, body: str, reported: list[Reported]) -> None:
        self.key, self.source, self.name, self.body, self.reported = key, source, name, body, reported

    def do(self, tx: Connection) -> tuple[int, Any]:
        now = time.time_ns() // 1_000
        programme, id = self.key.programme, self.key.id
        repeat = keys.begin_request(tx, programme, id, self.name, self.body, now)
        if repeat.how == "same":
            return repeat.status or 200, repeat.response
        if repeat.how != "new":
            raise ApiProblem(409, "This Idempotency-Key was used before, for another batch.")
        received = intake.receive(tx, programme, self.source, self.reported, now)
        answer = {"accepted": received.new, "known": received.known}
        keys.answer(tx, programme, id, self.name, 200, answer)
        return 200, answer


def _reported(batch: Batch) -> list[Reported]:
    """The events as the store takes them. Raises ApiProblem with all that is wrong at once."""
    wrong: list[dict[str, str]] = []
    reported = []
    now = datetime.now(UTC)
    for place, event in enumerate(batch.events):
        sentences = _wrong(event, now)
        wrong += [{"at": f"events/{place}", "message": sentence} for sentence in sentences]
        if not sentences:
            at = int(event.occurred_at.timestamp() * 1_000_000)
            reported.append(
                Reported(event.id, event.pseudonym, event.kind, at, event.data, event.language, event.is_test)
            )
    if wrong:
        raise ApiProblem(422, "Some events do not have the form of their kind. None was kept.", errors=wrong)
    return reported


def _wrong(event: EventIn, now: datetime) -> list[str]:
    if event.kind not in OUTSIDE:
        return [f"'{event.kind[:64]}' is not a kind of event that can be reported."]
    sentences = wrong_data(event.kind, event.data)
    if not now - OLDEST <= event.occurred_at <= now + CLOCKS_DIFFER:
        sentences.append("'occurred_at' lies in the future, or more than two years back.")
    if event.language is not None and not is_language(event.language):
        sentences.append("'language' should be a language tag such as es-PE.")
    return sentences
