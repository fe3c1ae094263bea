"""Telegram's way in: POST /hooks/telegram/{account}/{unguessable part}.

Whoever posts has to know the path and the secret; both are checked before a byte of the body is
read. An update is acknowledged when it is durable. If it could not be written the answer is 503,
and Telegram brings it again, for a day.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from collections.abc import Iterable
from typing import Protocol

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from access.problems import problem
from bot.channels.accounts import ChannelAccount
from bot.channels.delivery import Delivery
from bot.channels.telegram.receive import read
from bot.worker import microseconds
from store.errors import is_away

log = logging.getLogger(__name__)

MOST_BYTES = 1_000_000
PATIENCE_SECONDS = 5.0
SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 - the name of a header


class Takes(Protocol):
    """Where updates go: `bot.ingest.Ingest`."""

    async def take(self, delivery: Delivery) -> None: ...


def routes(accounts: Iterable[ChannelAccount], ingest: Takes) -> list[Route]:
    """The route of all bots that Telegram posts to. An account without a secret takes nothing."""
    ours = {
        account.name: account
        for account in accounts
        if account.channel == "telegram" and not account.polling and account.secrets
    }
    parts = {name: [path_part(account, one) for one in account.secrets] for name, account in ours.items()}

    async def hook(request: Request) -> Response:
        name, part = request.path_params["name"], request.path_params["part"]
        account = ours.get(name)
        if account is None or not _is_any(part.encode(errors="replace"), parts[name]):
            return _refused()
        if not _is_any(_header(request), account.secrets):
            log.warning(
                "The webhook of %s was called on its right path with a wrong secret, and refused. If you have "
                "changed the secret, start Pasito again, so that Telegram is told.", account.id,
            )  # fmt: skip
            return _refused()
        body = await _body(request)
        if body is None:
            return problem(413, f"The body is larger than {MOST_BYTES} bytes.")
        try:
            update = orjson.loads(body)
        except orjson.JSONDecodeError:
            return problem(400, "The body is not JSON.")
        try:
            delivery = read([update], account, microseconds())
            await asyncio.wait_for(ingest.take(delivery), PATIENCE_SECONDS)
        except Exception as error:
            log.error(
                "An update for %s could not be written (%s). Telegram brings it again.",
                account.id, type(error).__name__, exc_info=not is_away(error),
            )  # fmt: skip
            return problem(503, "This could not be kept. Please bring it again.")
        return Response(status_code=200)

    return [Route("/hooks/telegram/{name}/{part}", hook, methods=["POST"])]


def path(account: ChannelAccount) -> str:
    """The path that Telegram is told to post to."""
    return f"/hooks/telegram/{account.name}/{path_part(account, account.secrets[0])}"


def path_part(account: ChannelAccount, secret: str) -> str:
    """The part of the path that nobody guesses; it does not give the secret away."""
    return hmac.new(secret.encode(), f"path:{account.id}".encode(), hashlib.sha256).hexdigest()[:32]


def _refused() -> Response:
    """The same for whatever was wrong: it helps nobody to find out."""
    return problem(403, "This is not for you.")


def _is_any(given: bytes, secrets: Iterable[str]) -> bool:
    """Compares with all of them, and takes as long for a near miss as for any other."""
    found = [hmac.compare_digest(given, secret.encode()) for secret in secrets]
    return any(found)


def _header(request: Request) -> bytes:
    """The secret as it came: a header's bytes are read as latin-1."""
    return request.headers.get(SECRET_HEADER, "").encode("latin-1")


async def _body(request: Request) -> bytes | None:
    """The body; None as soon as it is too large."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            return None
    return bytes(body)
