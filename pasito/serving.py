"""`pasito run`, `serve` and `worker`: the processes that stay."""

from __future__ import annotations

import logging
import signal
import sys
import threading

import uvicorn

from pasito.app import application
from pasito.deployment import Deployment, deployment, first_key
from pasito.settings import Settings

FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"


def serve(settings: Settings, *, only_wanted: bool) -> None:
    """Serves until it is told to stop."""
    _log(settings)
    here = deployment(settings, only_wanted=only_wanted)
    _greet(here)
    config = uvicorn.Config(
        application(here),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )
    uvicorn.Server(config).run()


def work(settings: Settings) -> None:
    """Runs turns until it is told to stop."""
    _log(settings)
    here = deployment(settings)
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    here.worker.start()
    stop.wait()
    here.close()


def _log(settings: Settings) -> None:
    logging.basicConfig(level=settings.log_level, format=FORMAT, stream=sys.stderr)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)


def _greet(here: Deployment) -> None:
    """Says where the chat is, and on the first start the key to the figures."""
    settings = here.settings
    address = settings.public_url or f"http://{settings.host}:{settings.port}"
    lines = [f"The chat:     {address}/"]
    if settings.env == "development" and (key := first_key(here.writer, settings)):
        lines += [
            f"The figures:  {address}/v1/summary",
            f"Their key:    {key}   (shown only now)",
            f'Try it:       curl -H "Authorization: Bearer {key}" {address}/v1/summary',
        ]
    lines.append("Stop it with Ctrl-C.")
    sys.stdout.write("\n" + "\n".join(lines) + "\n\n")
    sys.stdout.flush()
