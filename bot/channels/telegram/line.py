"""Our line to the Bot API, on aiohttp: one call, one answer.

Its errors say the one thing that decides whether we may send again: whether Telegram can have the
request. None of them holds the address, as the token is a part of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aiohttp
import orjson

from bot.channels.accounts import ChannelAccount

CONNECT_SECONDS = 5.0
READ_SECONDS = 20.0  # a photo has arrived by then; all in all it stays below the sender's patience
IDLE_SECONDS = 30.0  # how long a connection stays open; Telegram closes it later than that
CONNECTIONS = 100

JSON = {"content-type": "application/json"}


class LineError(Exception):
    """A call had no result."""


class NotSentError(LineError):
    """Telegram was not reached, so it cannot have the request."""


class NoAnswerError(LineError):
    """The request may have arrived; no answer came, or none that can be read."""


class RefusedError(LineError):
    """Telegram answered, and did not do it.

    status: as of HTTP. description: Telegram's words; they may quote what was sent, so they are
    compared and never shown. retry_after: seconds for which it asks for silence, 0 if it does not.
    """

    def __init__(self, status: int, description: str = "", retry_after: float = 0.0) -> None:
        super().__init__(status)
        self.status = status
        self.description = description.lower()
        self.retry_after = retry_after


class Line:
    """The line of one account. It is made, used and closed in one running event loop.

    read_seconds: how long Telegram may say nothing.
    """

    def __init__(self, account: ChannelAccount, read_seconds: float = READ_SECONDS) -> None:
        self._methods = f"{account.api_url}/bot{account.token}/"
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=CONNECTIONS, keepalive_timeout=IDLE_SECONDS),
            timeout=aiohttp.ClientTimeout(
                total=None, connect=CONNECT_SECONDS, sock_connect=CONNECT_SECONDS, sock_read=read_seconds
            ),
        )

    async def call(self, method: str, arguments: Mapping[str, Any], photo: bytes | None = None) -> Any:
        """The result of a method of the Bot API. photo: a PNG to upload. Raises LineError."""
        url = self._methods + method
        if photo is None:
            status, answer = await self.exchange(url, orjson.dumps(arguments), JSON)
        else:
            status, answer = await self.exchange(url, _form(arguments, photo))
        return _result(status, answer)

    async def exchange(
        self,
        url: str,
        data: bytes | aiohttp.FormData | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes]:
        """Posts, and gives back status and body of the answer. Raises NotSentError or NoAnswerError."""
        try:
            async with self._session.post(url, data=data, headers=headers, allow_redirects=False) as answer:
                return answer.status, await answer.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
            raise NotSentError(type(error).__name__) from None
        except Exception as error:  # whatever it was, the request was on its way
            raise NoAnswerError(type(error).__name__) from None

    async def close(self) -> None:
        await self._session.close()


def _form(arguments: Mapping[str, Any], photo: bytes) -> aiohttp.FormData:
    form = aiohttp.FormData()
    for name, value in arguments.items():
        form.add_field(name, value if isinstance(value, str) else orjson.dumps(value).decode())
    form.add_field("photo", photo, filename="photo.png", content_type="image/png")
    return form


def _result(status: int, answer: bytes) -> Any:
    """What a call gave. A refusal in a form nobody knows (of a proxy in between) has its status only."""
    body = _json(answer)
    if 200 <= status < 300:
        if body.get("ok") is not True or "result" not in body:
            raise NoAnswerError("unreadable")
        return body["result"]
    parameters = body.get("parameters")
    after = parameters.get("retry_after") if isinstance(parameters, dict) else None
    raise RefusedError(
        status,
        str(body.get("description", "")),
        float(after) if isinstance(after, int | float) and after > 0 else 0.0,
    )


def _json(answer: bytes) -> dict[str, Any]:
    try:
        body = orjson.loads(answer)
    except orjson.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}
