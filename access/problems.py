"""One shape for every error of the API: problem+json (RFC 9457), always with a sentence."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from store.errors import WriterBusyError, WriterStoppedError

log = logging.getLogger(__name__)

PROBLEM_JSON = "application/problem+json"
MOST_ERRORS = 100
_MOST_NAME = 64
_SOON = {"retry-after": "5"}


class ApiProblem(Exception):  # noqa: N818 - the standard calls it a problem
    """Something a client can read: an HTTP status and a sentence, perhaps with what to look at."""

    def __init__(
        self, status: int, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})
        self.more = more


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None, **more: Any) -> Response:
    """The response for a problem. `more` are extra members, such as `errors`."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    kept = {"cache-control": "no-store", **(headers or {})}
    return JSONResponse({**body, **more}, status, kept, PROBLEM_JSON)


def install(app: FastAPI) -> None:
    """Every error of the application leaves in the one shape. What nobody expected: see `LastResort`."""

    @app.exception_handler(ApiProblem)
    async def _ours(_: Request, error: ApiProblem) -> Response:
        return problem(error.status, error.detail, error.headers, **error.more)

    @app.exception_handler(HTTPException)
    async def _http(_: Request, error: HTTPException) -> Response:
        sentence = _SENTENCES.get(error.status_code, str(error.detail))
        return problem(error.status_code, sentence, error.headers)

    @app.exception_handler(RequestValidationError)
    async def _shape(request: Request, error: RequestValidationError) -> Response:
        found = error.errors()
        if any(detail["type"] == "json_invalid" for detail in found):
            return problem(400, "The body is not JSON.")
        if not _says_json(request) and any(detail["loc"] == ("body",) for detail in found):
            return problem(415, "Send the body as application/json.")
        errors = [{"at": at(detail["loc"]), "message": detail["msg"]} for detail in found[:MOST_ERRORS]]
        return problem(422, "The request does not have the form this address takes.", errors=errors)

    @app.exception_handler(WriterBusyError)
    @app.exception_handler(WriterStoppedError)
    async def _busy(_: Request, error: Exception) -> Response:
        return problem(503, "Too much is waiting to be written. Send it again in a few seconds.", _SOON)


class LastResort:
    """Answers 500 for what nobody expected, and shows nothing of our insides."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception:
            # The route and not the path: a path may hold the name of somebody's picture.
            log.exception(
                "A request failed: %s %s", scope["method"], getattr(scope.get("route"), "path", "-")
            )
            if started:
                raise
            answer = problem(500, "Something went wrong on our side. Nothing of your request was kept.")
            await answer(scope, receive, send)


def at(place: tuple[Any, ...]) -> str:
    """Where something stands in a request: body/events/0/data."""
    return "/".join(shown(str(part)) for part in place)


def shown(text: str) -> str:
    """A name that a client made up, short enough to be sent back."""
    return text[:_MOST_NAME]


def _says_json(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


_SENTENCES = {
    400: "The body cannot be read.",
    404: "There is nothing at this address.",
    405: "This address does not take that method.",
}

# For OpenAPI: the shape of every error response.
PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["at", "message"],
                "properties": {"at": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
_ANY_TIME = (500, 503)  # whatever the operation


def described(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error responses of an operation, for its OpenAPI description."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {
                PROBLEM_JSON: {
                    "schema": PROBLEM_SCHEMA,
                    "example": {
                        "type": "about:blank",
                        "title": HTTPStatus(status).phrase,
                        "status": status,
                        "detail": "A sentence that says what to do.",
                    },
                }
            },
        }
        for status in (*statuses, *_ANY_TIME)
    }
