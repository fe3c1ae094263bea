"""`pasito run`, `serve` and `worker`: the processes that stay."""

from __future__ import annotations

import errno
import signal
import socket
import sys
import threading

import uvicorn

from bot.channels.accounts import ChannelAccount
from pasito import logs
from pasito.app import application
from pasito.deployment import Deployment, deployment, first_key
from pasito.letters import SettingsError
from pasito.settings import Settings


def serve(settings: Settings, *, only_wanted: bool) -> None:
    """Serves until it is told to stop."""
    logs.begin(settings.log_level)
    ear = listening(settings)
    here = deployment(settings, only_wanted=only_wanted)
    _greet(here)
    config = uvicorn.Config(
        application(here),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )
    uvicorn.Server(config).run([ear])


def work(settings: Settings) -> None:
    """Runs turns until it is told to stop."""
    logs.begin(settings.log_level)
    here = deployment(settings)
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    here.start()
    stop.wait()
    here.close()


def _how(account: ChannelAccount) -> str:
    return "asks for messages" if account.polling else f"is called at /hooks/{account.id}"


def listening(settings: Settings) -> socket.socket:
    """The socket of the web process, taken first of all: who cannot listen need not begin."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise SettingsError(
                f"PASITO_PORT is {settings.port}, but another program listens there already. "
                f"Pasito does not start. Stop the other one, or choose another: PASITO_PORT={settings.port + 1}"
            ) from None
        raise SettingsError(
            f"PASITO_HOST is {settings.host!r} and PASITO_PORT is {settings.port}: nobody can listen there "
            f"({error.strerror or error}). Pasito does not start."
        ) from None


def _greet(here: Deployment) -> None:
    """Says where the chat is, and on the first start the key to the figures."""
    settings = here.settings
    address = settings.public_url or f"http://{settings.host}:{settings.port}"
    lines = [f"The chat:     {address}/", f"The figures:  {address}/v1/summary"]
    lines += [f"{account.id}: {_how(account)}" for account in here.accounts]
    if settings.env == "development" and (key := first_key(here.writer, settings)):
        lines += [
            f"Their key:    {key}   (shown only now)",
            f'Try it:       curl -H "Authorization: Bearer {key}" {address}/v1/summary',
        ]
    lines.append("Stop it with Ctrl-C.")
    sys.stdout.write("\n" + "\n".join(lines) + "\n\n")
    sys.stdout.flush()
