"""Where WhatsApp knocks: it proves once that it is us, then hands over what came in.

Only what is written durably is answered with 200; otherwise WhatsApp keeps it and comes again, for
seven days. Who cannot sign learns nothing.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Callable, Iterable
from typing import Protocol

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from access.bodies import MOST_BYTES
from access.problems import problem
from bot.channels.accounts import ChannelAccount
from bot.channels.delivery import Delivery
from bot.channels.whatsapp.receive import read
from bot.channels.whatsapp.signature import HEADER, is_ours, is_signed
from bot.worker import microseconds
from store.errors import is_away

log = logging.getLogger(__name__)

PATH = "/hooks/whatsapp/{name}"
CHALLENGE = 256  # characters that are echoed, at most
SOON = {"retry-after": "5"}
PATIENCE_SECONDS = 5.0  # WhatsApp waits no longer


class Takes(Protocol):
    """Where deliveries go: `bot.ingest.Ingest`."""

    async def take(self, delivery: Delivery) -> None: ...


def routes(
    accounts: Iterable[ChannelAccount], ingest: Takes, now: Callable[[], int] = microseconds
) -> list[Route]:
    """The webhooks of all WhatsApp accounts among these. now: microseconds UTC."""
    named = {account.name: account for account in accounts if account.channel == "whatsapp"}

    async def challenge(request: Request) -> Response:
        asked, account = request.query_params, named.get(request.path_params["name"])
        right = is_ours(asked.get("hub.verify_token"), account.verify_token if account else "")
        if not right or asked.get("hub.mode") != "subscribe":
            return _refused()
        headers = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
        return PlainTextResponse(asked.get("hub.challenge", "")[:CHALLENGE], headers=headers)

    async def take(request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return problem(413, f"The body is larger than {MOST_BYTES} bytes.")
        account = named.get(request.path_params["name"])
        signed = is_signed(body, request.headers.get(HEADER), account.secrets if account else ())
        if account is None or not signed:
            return _refused()
        try:
            delivery = read(body, account, now(), _same_app(account, named.values()))
        except ValueError:
            return problem(400, "The body is no JSON.")
        try:
            await asyncio.wait_for(ingest.take(delivery), PATIENCE_SECONDS)
        except Exception as error:  # whatever it was, nothing may be acknowledged that is not written
            log.error(
                "A webhook of %s could not be written (%s); WhatsApp delivers it again.",
                account.id, type(error).__name__, exc_info=not is_away(error),
            )  # fmt: skip
            return problem(503, "This cannot be kept now. Deliver it again.", SOON)
        return Response(status_code=200)

    return [Route(PATH, challenge, methods=["GET"]), Route(PATH, take, methods=["POST"])]


async def _body(request: Request) -> bytes | None:
    """The body as it was sent; None as soon as it turns out to be too large."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > MOST_BYTES:
        return None
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > MOST_BYTES:
            return None
        pieces.append(piece)
    return b"".join(pieces)


def _same_app(account: ChannelAccount, all_of_them: Iterable[ChannelAccount]) -> list[ChannelAccount]:
    """The accounts that share an app secret: WhatsApp hands over what all numbers of an app received
    at one address. Who signs for one of them signs for all, and for no other."""
    return [
        other
        for other in all_of_them
        if any(hmac.compare_digest(a.encode(), b.encode()) for a in account.secrets for b in other.secrets)
    ]


def _refused() -> Response:
    """The same words for every reason: a stranger learns nothing about us."""
    return problem(403, "This address is for WhatsApp, and this request is not signed by it.")
