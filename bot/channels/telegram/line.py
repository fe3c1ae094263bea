"""Our line to the Bot API, on aiohttp: one call, one answer.

Its errors say the one thing that decides whether we may send again: whether Telegram can have the
request. None of them holds the address, as the token is a part of it.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import orjson

from bot.channels.accounts import ChannelAccount

CONNECT_SECONDS = 5.0
READ_SECONDS = 20.0  # a photo has arrived by then; all in all it stays below the sender's patience
IDLE_SECONDS = 30.0  # how long a connection stays open; Telegram closes it later than that
CONNECTIONS = 100

JSON = {"content-type": "application/json"}


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that goes with a call, in the field `name`. type: its media type, as image/png.

    seconds: how long the call may take in all; None: as long as the line waits for any answer.
    """

    name: str
    type: str
    content: bytes = field(repr=False)
    seconds: float | None = None


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
        )
        self._timeout = _timeout(read=read_seconds)

    async def call(self, method: str, arguments: Mapping[str, Any], file: Attached | None = None) -> Any:
        """The result of a method of the Bot API. file: to upload with it. Raises LineError."""
        url = self._methods + method
        if file is None:
            status, answer = await self.exchange(url, orjson.dumps(arguments), JSON)
        else:
            status, answer = await self._upload(url, arguments, file)
        return _result(status, answer)

    async def _upload(self, url: str, arguments: Mapping[str, Any], file: Attached) -> tuple[int, bytes]:
        """As `exchange`. A request that broke off before its file was through is none: it may be sent again."""
        content = io.BytesIO(file.content)
        try:
            return await self.exchange(url, _form(arguments, file, content), seconds=file.seconds)
        except NoAnswerError as error:
            if content.tell() < len(file.content):
                raise NotSentError(*error.args) from None
            raise

    async def exchange(
        self,
        url: str,
        data: bytes | aiohttp.FormData | None = None,
        headers: Mapping[str, str] | None = None,
        seconds: float | None = None,
    ) -> tuple[int, bytes]:
        """Posts, and gives back status and body of the answer. Raises NotSentError or NoAnswerError.

        seconds: how long it may take in all, if that is not what any answer may take.
        """
        timeout = self._timeout if seconds is None else _timeout(total=seconds)
        try:
            async with self._session.post(
                url, data=data, headers=headers, allow_redirects=False, timeout=timeout
            ) as answer:
                return answer.status, await answer.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
            raise NotSentError(type(error).__name__) from None
        except Exception as error:  # whatever it was, the request was on its way
            raise NoAnswerError(type(error).__name__) from None

    async def close(self) -> None:
        await self._session.close()


def _timeout(*, read: float | None = None, total: float | None = None) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(
        total=total, connect=CONNECT_SECONDS, sock_connect=CONNECT_SECONDS, sock_read=read
    )


def _form(arguments: Mapping[str, Any], file: Attached, content: io.BytesIO) -> aiohttp.FormData:
    form = aiohttp.FormData()
    for name, value in arguments.items():
        form.add_field(name, value if isinstance(value, str) else orjson.dumps(value).decode())
    filename = f"{file.name}.{file.type.partition('/')[2]}"  # as photo.png: its end says what it is
    form.add_field(file.name, content, filename=filename, content_type=file.type)
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
