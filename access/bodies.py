"""Nobody may send us more than we want to read."""

from __future__ import annotations

from contextlib import suppress

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from access.problems import problem

MOST_BYTES = 3_000_000  # a platform's largest webhook; ours are far smaller


class _TooLargeError(Exception):
    pass


class BodyLimit:
    """Answers 413 as soon as a body turns out to be larger than `most` bytes."""

    def __init__(self, app: ASGIApp, *, most: int = MOST_BYTES) -> None:
        self.app = app
        self.most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > self.most:
            await self._refuse(scope, receive, send)
            return
        seen, started = 0, False

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self.most:
                raise _TooLargeError
            return message

        async def watched(message: Message) -> None:
            nonlocal started
            # FastAPI answers 400 to whatever is raised while it reads: that answer is not ours.
            if seen <= self.most or started:
                started = True
                await send(message)

        with suppress(_TooLargeError):
            await self.app(scope, counted, watched)
        if seen > self.most and not started:
            await self._refuse(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        detail = f"The body is larger than {self.most} bytes."
        await problem(413, detail)(scope, receive, send)
