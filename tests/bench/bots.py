"""One Pasito process that serves all bots of a stand-in, at the pace their platform asks for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tests.bench.platform import until_called
from tests.bench.postgres import postgres_url
from tests.process import Pasito
from tests.standins.telegram import TOKEN, Limits, TelegramStandIn, serving

TOKENS = (TOKEN, "654321:TEST-another-token-never-to-be-seen")
SECRET = "a-webhook-secret-of-this-bench"


@contextmanager
def _sqlite(folder: Path) -> Iterator[str]:
    yield f"sqlite:///{folder / 'pasito.sqlite3'}"


# What opens an empty database for as long as a measurement lasts, and gives its address.
DATABASES: Mapping[str, Callable[[Path], AbstractContextManager[str]]] = {
    "SQLite": _sqlite,
    "PostgreSQL": lambda _: postgres_url(),
}


@contextmanager
def bots(folder: Path, database: str, accounts: int, limits: Limits | None) -> Iterator[TelegramStandIn]:
    """So many bots in a fresh database. limits: those of the stand-in; ours are always kept."""
    folder.mkdir(parents=True)
    tokens = TOKENS[:accounts]
    telegram = TelegramStandIn(bots={token: f"bot_{n}" for n, token in enumerate(tokens)}, limits=limits)
    with serving(telegram), DATABASES[database](folder) as url:
        pasito = Pasito(folder, url, telegram.url, TOKEN)
        _write_accounts(folder, telegram.url, tokens)
        pasito.start()
        try:
            for token in tokens:
                until_called(telegram, token)
            yield telegram
        finally:
            pasito.kill()  # what waits for its pace need not be sent any more


async def arrived(telegram: TelegramStandIn, replies: int, patience: float) -> None:
    """Waits until so many have come. Raises TimeoutError."""
    enough = asyncio.Event()

    def look(_: object) -> None:
        if len(telegram.sent) >= replies:
            enough.set()

    telegram.on_sent[:] = [look]
    look(None)
    await asyncio.wait_for(enough.wait(), patience)


def _write_accounts(folder: Path, api_url: str, tokens: tuple[str, ...]) -> None:
    """In place of the one account that a `Pasito` has by itself."""
    secret = folder / "secret"
    secret.write_text(SECRET)
    lines = ["accounts:"]
    for n, token in enumerate(tokens):
        mine = folder / f"token-{n}"
        mine.write_text(token)
        lines += [
            f"  - telegram: bot-{n}",
            "    programme: base",
            "    mode: webhook",
            f"    token: {{file: '{mine}'}}",
            f"    webhook_secrets: [{{file: '{secret}'}}]",
            f"    api_url: {api_url}",
            "    pace: platform",
        ]
    (folder / "channels.yaml").write_text("\n".join(lines) + "\n")
