"""Tells Telegram what a bot can do: its commands in every language, its menu button, where to post.

These few calls are python-telegram-bot's, on our line. It is loaded here and nowhere else: it takes
half a second and 40 MB, and a call to set up a bot may take its time.
"""

from __future__ import annotations

import re
from typing import Any

from telegram import Bot, BotCommand, MenuButtonCommands
from telegram.error import InvalidToken, NetworkError, TelegramError
from telegram.request import BaseRequest, RequestData

from bot.channels.accounts import ChannelAccount
from bot.channels.telegram.capabilities import COMMAND_DESCRIPTION, COMMANDS, UPDATES
from bot.channels.telegram.line import JSON, READ_SECONDS, Line, LineError
from bot.channels.telegram.webhook import path
from content.lineage import LIBRARY
from flows.version import Flow, Version

_COMMAND = re.compile(r"/[a-z0-9_]{1,32}", re.ASCII)


class _OnOurLine(BaseRequest):
    """python-telegram-bot's requests go out on the line that all others take."""

    def __init__(self, line: Line) -> None:
        self._line = line

    @property
    def read_timeout(self) -> float:
        return READ_SECONDS

    async def initialize(self) -> None:
        """The line is there already."""

    async def shutdown(self) -> None:
        """Whoever made the line closes it."""

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *timeouts: Any, **named: Any
    ) -> tuple[int, bytes]:
        """Status and body of the answer; our line has its own timeouts, and posts everything."""
        try:
            return await self._line.exchange(url, request_data.json_payload if request_data else None, JSON)
        except LineError as error:
            raise NetworkError(type(error).__name__) from None


class SetupError(Exception):
    """Telegram was not told. The message is for the operator."""


async def set_up(account: ChannelAccount, live: Version, public_url: str) -> None:
    """Commands, menu button, and the webhook or none, as the account wants it. Doing it again is harmless.

    public_url: the address of this service, as https://pasito.example. Raises SetupError.
    """
    line = Line(account)
    request = _OnOurLine(line)
    bot = Bot(account.token, f"{account.api_url}/bot", request=request, get_updates_request=request)
    try:
        await _tell_commands(bot, live)
        await bot.set_chat_menu_button(menu_button=MenuButtonCommands())
        if account.polling:
            await bot.delete_webhook(drop_pending_updates=False)
        else:
            await bot.set_webhook(
                public_url + path(account),
                secret_token=account.secrets[0],
                allowed_updates=UPDATES,
                drop_pending_updates=False,
            )
    except InvalidToken:
        raise SetupError(f"Telegram refuses the token of {account.id}. This bot is off.") from None
    except TelegramError as error:
        raise SetupError(
            f"Telegram could not be told what {account.id} can do ({type(error).__name__}). "
            "It may be reached all the same. It is told at the next start."
        ) from None
    finally:
        await line.close()


async def _tell_commands(bot: Bot, live: Version) -> None:
    """In each language; the pack's first one is for everybody whose language it does not have."""
    languages = live.pack.languages
    await bot.set_my_commands(commands(live, languages[0]))
    told: set[str] = set()
    for language in languages:
        code = language.partition("-")[0]
        if len(code) == 2 and code not in told:  # Telegram knows languages of two letters, and no regions
            told.add(code)
            await bot.set_my_commands(commands(live, language), language_code=code)


def commands(live: Version, language: str) -> list[BotCommand]:
    """The commands of a language: of each flow the first of its words that begins with "/", else that of the source.

    What is said about it are the first of its words that do not. The pack's own flows stand first.
    """
    found: dict[str, BotCommand] = {}
    for flow in sorted(live.flows.values(), key=_is_library):
        if not flow.said:
            continue
        phrases = [phrase.strip() for phrase in live.words.of(f"{flow.id}/said", language).split("|")]
        command = next((phrase for phrase in (*phrases, *flow.said) if _COMMAND.fullmatch(phrase)), None)
        words = next((phrase for phrase in phrases if phrase and not phrase.startswith("/")), None)
        if command and command not in found:
            said = words or command[1:]
            found[command] = BotCommand(command[1:], (said[:1].upper() + said[1:])[:COMMAND_DESCRIPTION])
    return list(found.values())[:COMMANDS]


def _is_library(flow: Flow) -> bool:
    return LIBRARY in flow.file  # also in the copy that a pack is pinned to
