"""What Telegram is told of a bot."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.channels.telegram.setup import SetupError, commands, set_up
from bot.channels.telegram.webhook import path
from content.problems import Report
from content.sources import base_sources
from flows.compiler import compile_pack
from flows.version import Version
from tests.standins.telegram import TOKEN, TelegramStandIn
from tests.telegram.conftest import SECRET, account_at

PUBLIC = "https://pasito.example"


@pytest.fixture(scope="module")
def base() -> Version:
    version = compile_pack(base_sources(), Report())
    assert version is not None
    return version


@pytest.fixture(scope="module")
def spanish(base: Version) -> Version:
    """The base pack with a second language, in which a command has another name."""
    said = {"menu/said": "menú | /menu", "back/said": "atrás | /atras", "skip/said": "saltar"}
    return replace(
        base,
        pack=replace(base.pack, languages=("en", "es-PE", "es-MX")),
        words=replace(base.words, translations={"es": said}),
    )


def test_every_flow_that_can_be_called_has_its_command(base: Version) -> None:
    found = {command.command: command.description for command in commands(base, "en")}
    assert found["menu"] == "Menu"
    assert found["result"] == "My result"
    assert {"help", "back", "skip", "stop", "delete", "language", "human", "check"} <= found.keys()
    assert "lang" not in found  # the second name of a command helps nobody in a list


def test_the_commands_of_the_pack_stand_first(base: Version) -> None:
    names = [command.command for command in commands(base, "en")]
    assert names.index("menu") < names.index("back")


def test_commands_are_said_in_the_language(spanish: Version) -> None:
    found = {command.command: command.description for command in commands(spanish, "es-PE")}
    assert (found["menu"], found["atras"]) == ("Menú", "Atrás")
    assert "skip" in found  # in Spanish nobody has given it a command: that of the source stands in
    assert found["help"] == "Help"


async def test_a_bot_that_polls_is_told(telegram: TelegramStandIn, spanish: Version) -> None:
    bot = telegram.bot()
    bot.webhook = {"url": "https://old.example"}
    await set_up(account_at(telegram.url, polling=True), spanish, "")
    assert set(bot.commands) == {"", "en", "es"}
    assert {"command": "menu", "description": "Menú"} in bot.commands["es"]
    assert bot.menu_button == {"type": "commands"}
    assert bot.webhook == {}


async def test_a_bot_with_a_webhook_is_told(telegram: TelegramStandIn, base: Version) -> None:
    account = account_at(telegram.url)
    await set_up(account, base, PUBLIC)
    assert telegram.bot().webhook == {
        "url": PUBLIC + path(account),
        "secret_token": SECRET,
        "allowed_updates": ["message", "edited_message", "callback_query", "my_chat_member"],
    }


async def test_what_waits_is_not_dropped(telegram: TelegramStandIn, base: Version) -> None:
    await telegram.person("Ana").write("hola")
    await set_up(account_at(telegram.url, polling=True), base, "")
    assert len(telegram.bot().updates) == 1


async def test_a_refused_token_is_said_without_it(telegram: TelegramStandIn, base: Version) -> None:
    with pytest.raises(SetupError, match="refuses the token of telegram/default") as caught:
        await set_up(account_at(telegram.url, token="999:wrong"), base, "")
    assert "999:wrong" not in repr(caught.value)
    assert caught.value.__cause__ is None


async def test_a_telegram_that_fails_is_said(telegram: TelegramStandIn, base: Version) -> None:
    telegram.fail("reset_before", "setMyCommands")
    with pytest.raises(SetupError, match="could not be told") as caught:
        await set_up(account_at(telegram.url), base, PUBLIC)
    assert TOKEN not in repr(caught.value)
