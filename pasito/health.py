"""Is it alive, and can it serve? Strangers learn only yes or no."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response
from sqlalchemy import text

from pasito.deployment import Deployment
from store.schema import is_migrated

PATIENCE_SECONDS = 2.0


def router(deployment: Deployment) -> APIRouter:
    routes = APIRouter()

    @routes.get("/healthz", include_in_schema=False)
    async def healthz() -> Response:
        return PlainTextResponse("yes\n")

    @routes.get("/readyz", include_in_schema=False)
    async def readyz() -> Response:
        try:
            ready = await asyncio.wait_for(asyncio.to_thread(_ready), PATIENCE_SECONDS)
        except Exception:
            ready = False
        return PlainTextResponse("yes\n" if ready else "no\n", 200 if ready else 503)

    def _ready() -> bool:
        """The schema is the newest, the live pack compiles, and the database takes writes."""
        deployment.shelf.versions(deployment.settings.programme)
        written = deployment.writer.call(lambda tx: tx.execute(text("SELECT 1")).scalar())
        return is_migrated(deployment.database) and written.result(PATIENCE_SECONDS) == 1

    return routes
