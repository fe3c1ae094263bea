"""POST /v1/events: what other parties log, in batches, each event counted once.

Their pseudonym is hashed with the source of their key into a person of ours, so that nothing of
theirs means anything here. They vouch for having asked for consent.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy import Connection

from access.keys import Keys
from access.problems import MOST_ERRORS, ApiProblem, described
from api.shapes import Batch, EventIn, Receipt, wrong_in
from store import intake, keys
from store.intake import Reported
from store.keys import ApiKey
from store.writer import Writer

_REPEAT_KEY = r"^[\x21-\x7e]{1,64}$"

IdempotencyKey = Annotated[
    str,
    Header(
        pattern=_REPEAT_KEY,
        description="Yours, new for every batch. Repeat it when you repeat a batch within 24 hours.",
    ),
]


def router(writer: Writer, access: Keys) -> APIRouter:
    routes = APIRouter(prefix="/v1", tags=["events"])
    needed = Depends(access.needing("events"))

    @routes.post(
        "/events",
        summary="Report what happened elsewhere",
        description="All events of a batch are kept, or none. The same id of the same source is counted once. "
        "Persons without any event in the last 12 months are not kept.",
        response_model=Receipt,
        responses=described(400, 401, 403, 409, 413, 415, 422),
    )
    async def post_events(
        request: Request,
        batch: Batch,
        idempotency_key: IdempotencyKey,
        key: ApiKey = needed,
    ) -> Response:
        if key.source is None:
            raise ApiProblem(
                403, "This key has no source, so events cannot be told apart. Make one with --source."
            )
        if wrong := wrong_in(batch, datetime.now(UTC)):
            sentence = "Some events do not have the form of their kind. None was kept."
            raise ApiProblem(422, sentence, errors=wrong[:MOST_ERRORS])
        body = hashlib.sha256(await request.body()).hexdigest()
        work = _Work(key, key.source, idempotency_key, body, [_reported(event) for event in batch.events])
        answer = await asyncio.wrap_future(writer.call(work.do))
        if answer is None:
            raise ApiProblem(409, "This Idempotency-Key was used before, for another batch.")
        return JSONResponse(answer)

    return routes


class _Work:
    """One batch: remembered under its idempotency key in the transaction that keeps it."""

    def __init__(self, key: ApiKey, source: str, name: str, body: str, reported: list[Reported]) -> None:
        self.key, self.source, self.name, self.body, self.reported = key, source, name, body, reported

    def do(self, tx: Connection) -> Any:
        """The answer, the same for the same batch; None if the key was used for another one."""
        now = time.time_ns() // 1_000
        programme, id = self.key.programme, self.key.id
        repeat = keys.begin_request(tx, programme, id, self.name, self.body, now)
        if repeat.how != "new":
            return repeat.response if repeat.how == "same" else None
        received = intake.receive(tx, programme, self.source, self.reported, now)
        answer = {"accepted": received.new, "known": received.known}
        keys.answer(tx, programme, id, self.name, 200, answer)
        return answer


def _reported(event: EventIn) -> Reported:
    at = int(event.occurred_at.timestamp() * 1_000_000)
    return Reported(event.id, event.pseudonym, event.kind, at, event.data, event.language, event.is_test)
