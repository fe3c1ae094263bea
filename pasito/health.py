"""Is it alive, and can it serve? Strangers learn only yes or no."""

from __future__ import annotations

import asyncio
import logging

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response
from sqlalchemy import text

from pasito.deployment import Deployment
from store.schema import is_migrated

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 1.5


def router(deployment: Deployment) -> APIRouter:
    routes = APIRouter()
    looking: set[asyncio.Task[bool]] = set()

    @routes.get("/healthz", include_in_schema=False)
    async def healthz() -> Response:
        return PlainTextResponse("yes\n")

    @routes.get("/readyz", include_in_schema=False)
    async def readyz() -> Response:
        # One look at a time: while the database is away, each would hold a thread.
        if not looking:
            look = asyncio.create_task(asyncio.to_thread(_is_ready, deployment))
            looking.add(look)
            look.add_done_callback(looking.discard)
        done, _ = await asyncio.wait(looking, timeout=PATIENCE_SECONDS)
        ready = any(look.result() for look in done)
        return PlainTextResponse("yes\n" if ready else "no\n", 200 if ready else 503)

    return routes


def _is_ready(deployment: Deployment) -> bool:
    """The schema is the newest, the live pack compiles, and a transaction can be committed."""
    try:
        deployment.shelf.versions(deployment.settings.programme)
        written = deployment.writer.call(lambda tx: tx.execute(text("SELECT 1")).scalar())
        return is_migrated(deployment.database) and written.result(PATIENCE_SECONDS) == 1
    except Exception:  # whatever it is, strangers learn only that we are not ready
        log.warning("Not ready.", exc_info=True)
        return False
