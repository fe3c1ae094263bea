"""What platforms post comes by a short way: they knock with every message, and answer for their own errors.

The long way, through everything that pages and the API need, took four times as long as reading the
message and waiting for it to be written.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.routing import Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send

PREFIX = "/hooks/"


class Hooks:
    """Gives what is posted to a webhook to its route, and all the rest to the application."""

    def __init__(self, app: ASGIApp, *, routes: Sequence[Route]) -> None:
        self.app = app
        self.routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(PREFIX):
            for route in self.routes:
                match, found = route.matches(scope)
                if match is Match.FULL:
                    scope.update(found)
                    await route.handle(scope, receive, send)
                    return
        await self.app(scope, receive, send)
