"""The web application: the routers of all rooms, mounted, with what every answer needs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from access import problems
from access.bodies import BodyLimit
from access.headers import SecurityHeaders
from access.hooks import Hooks
from access.keys import Keys
from analytics import summary
from api import events
from bot.channels.telegram import webhook as telegram
from bot.channels.web.cookies import Cookies
from bot.channels.web.page import STATIC_PATH
from bot.channels.web.routes import Web, router, static_files
from bot.channels.whatsapp import webhook as whatsapp
from bot.papers import addresses as paper_addresses
from bot.papers import routes as papers
from bot.player import addresses as player_addresses
from bot.player import routes as player
from pasito import __version__, health, metrics
from pasito.channels import programmes
from pasito.deployment import Deployment

DESCRIPTION = "Progress of small firms on their way to work digitally: what happened, and what it adds up to."


def application(deployment: Deployment) -> FastAPI:
    """The application of one process. Starting it starts the worker, stopping it stops it."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        deployment.start()
        yield
        await asyncio.to_thread(deployment.close)

    app = FastAPI(
        title="Pasito",
        version=__version__,
        description=DESCRIPTION,
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    problems.install(app)
    settings = deployment.settings
    here = programmes(settings, deployment.accounts)
    cookies = Cookies(settings.secret_key, secure=settings.secure)
    web = Web(deployment.door, deployment.shelf, cookies, here)
    films = player.Player(deployment.door, deployment.shelf, deployment.films, here, settings.public_url)
    keys = Keys(deployment.database)
    app.include_router(router(web))
    app.include_router(player.router(films))
    app.include_router(papers.router(papers.Papers(deployment.door, deployment.shelf, here)))
    app.include_router(events.router(deployment.writer, keys))
    app.include_router(summary.router(deployment.database, keys))
    app.include_router(health.router(deployment))
    app.include_router(metrics.router(deployment))
    app.mount(STATIC_PATH, static_files(), name="static")
    app.mount(player_addresses.STATIC_PATH, player.static_files(), name="player")
    app.mount(paper_addresses.STATIC_PATH, papers.static_files(), name="papers")
    # The last one added is the outermost: the headers are on a 413 and a 500, too.
    app.add_middleware(BodyLimit)
    hooks = [channel.routes(deployment.accounts, deployment.ingest) for channel in (telegram, whatsapp)]
    app.add_middleware(Hooks, routes=[route for some in hooks for route in some])
    app.add_middleware(problems.LastResort)
    app.add_middleware(SecurityHeaders, secure=settings.secure)
    return app
