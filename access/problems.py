"""One shape for every error of the API: problem+json (RFC 9457), always with a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

PROBLEM_JSON = "application/problem+json"


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
    return JSONResponse({**body, **more}, status, dict(headers or {}), PROBLEM_JSON)


def install(app: FastAPI) -> None:
    """Every error of the application leaves in the one shape; none shows our insides."""

    @app.exception_handler(ApiProblem)
    async def _ours(_: Request, error: ApiProblem) -> Response:
        return problem(error.status, error.detail, error.headers, **error.more)

    @app.exception_handler(HTTPException)
    async def _http(_: Request, error: HTTPException) -> Response:
        sentence = _SENTENCES.get(error.status_code, str(error.detail))
        return problem(error.status_code, sentence, error.headers)

    @app.exception_handler(RequestValidationError)
    async def _shape(_: Request, error: RequestValidationError) -> Response:
        errors = [{"at": _at(detail["loc"]), "message": detail["msg"]} for detail in error.errors()]
        return problem(422, "The request does not have the form this address takes.", errors=errors)

    @app.exception_handler(Exception)
    async def _unknown(_: Request, error: Exception) -> Response:
        return problem(500, "Something went wrong on our side. Nothing of your request was kept.")


def _at(place: tuple[Any, ...]) -> str:
    return "/".join(str(part) for part in place)


_SENTENCES = {
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
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}


def described(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error responses of an operation, for its OpenAPI description."""
    content = {PROBLEM_JSON: {"schema": PROBLEM_SCHEMA}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}
