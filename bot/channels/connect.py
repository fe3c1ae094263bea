"""From an account to its line: which client sends for it, and what else belongs to it while we run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from bot.channels.accounts import ChannelAccount
from bot.channels.contract import Client
from bot.channels.films import Films
from bot.channels.uploads import StoredIds, Uploads
from bot.ingest import Ingest
from bot.shelf import Shelf
from bot.worker import microseconds
from films.shelf import FilmShelf
from flows.state import State
from flows.version import Version
from store import pictures, template_states
from store.clock import DAY
from store.engine import Database
from store.writer import Writer

log = logging.getLogger(__name__)

Background = Callable[[], Coroutine[Any, Any, None]]

# Telegram names no end for its ids. After a season a film goes up once more, so that ids of old films leave us.
TELEGRAM_KEEPS = 90 * DAY
# https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media says 30 days.
WHATSAPP_KEEPS = 29 * DAY


def connect(
    database: Database, writer: Writer, shelf: Shelf, film_shelf: FilmShelf, public_url: str
) -> Callable[[ChannelAccount], Client]:
    """What makes the client of an account. A platform's library is loaded when the first account needs it.

    public_url: where people reach our pages; empty if they cannot.
    """
    films = Films(film_shelf, public_url)

    def picture(programme: str, conversation: str, id: str) -> bytes | None:
        with database.read() as tx:
            return pictures.picture(tx, programme, conversation, id, microseconds())

    def uploads(account: ChannelAccount, kept: int) -> Uploads:
        return Uploads(StoredIds(database, writer, account.programme, account.id, kept))

    def client(account: ChannelAccount) -> Client:
        if account.channel == "telegram":
            from bot.channels.telegram.client import TelegramClient

            return TelegramClient(account, picture, films, uploads(account, TELEGRAM_KEEPS))
        from bot.channels.whatsapp.client import WhatsAppClient

        live = _live(shelf, account)
        templates = {tag: (template.name, template.code) for tag, template in live.pack.templates.items()}
        list_words = {tag: live.words.of("engine/choices", tag) for tag in live.pack.languages}

        def why_not(name: str, language: str) -> str:
            with database.read() as tx:
                return template_states.why_not(tx, account.programme, name, language, account.id)

        return WhatsAppClient(
            account, picture, films, uploads(account, WHATSAPP_KEEPS), templates, list_words,
            why_not=why_not,
        )  # fmt: skip

    return client


def background(
    accounts: Iterable[ChannelAccount], shelf: Shelf, ingest: Ingest, public_url: str
) -> list[Background]:
    """What runs beside the sending: a bot is set up, and asked for what came in if it wants that."""
    return [
        _telegram(account, shelf, ingest, public_url) for account in accounts if account.channel == "telegram"
    ]


def _telegram(account: ChannelAccount, shelf: Shelf, ingest: Ingest, public_url: str) -> Background:
    async def run() -> None:
        from bot.channels.telegram.polling import poll
        from bot.channels.telegram.setup import SetupError, set_up

        try:
            await set_up(account, _live(shelf, account), public_url)
        except SetupError as error:
            log.error("%s", error)
        if account.polling:
            await poll(account, ingest)

    return run


def _live(shelf: Shelf, account: ChannelAccount) -> Version:
    return shelf.versions_for(account.programme, State())[0].live
