"""From the first word to the third tip, on the platforms people use: a real process, stand-ins of both."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.platforms.owner import ENGLISH, MOST, SPANISH, Tongue, Way
from tests.process import APP_SECRET, PHONE_ID, Pasito
from tests.standins.telegram import TOKEN, TelegramStandIn, serving
from tests.standins.whatsapp import Rules, WhatsApp

PATIENCE = 30.0


@pytest.fixture
def telegram() -> Iterator[TelegramStandIn]:
    with serving(TelegramStandIn()) as stand_in:
        yield stand_in


def until_called(telegram: TelegramStandIn) -> None:
    until = time.monotonic() + PATIENCE
    while not telegram.bot(TOKEN).webhook.get("url"):
        assert time.monotonic() < until, "The bot never said where it wants its messages."
        time.sleep(0.05)


@pytest.mark.timeout(180)
def test_ana_comes_to_her_third_tip_on_telegram(telegram: TelegramStandIn, tmp_path: Path) -> None:
    """With the platform's limits and our pacing."""
    pasito = Pasito(
        tmp_path, f"sqlite:///{tmp_path / 'pasito.sqlite3'}", telegram.url, TOKEN, pace="platform"
    )
    pasito.start()
    try:
        until_called(telegram)
        way = telegram.call(on_telegram(telegram), 150)
    finally:
        pasito.stop()
    assert way.is_there(), way.read
    assert telegram.violations == []
    assert telegram.early == []
    assert {"menu", "help", "stop"} <= {one["command"] for one in telegram.bot(TOKEN).commands[""]}
    shown = [message for message in telegram.sent if message.keyboard]
    assert len(shown) <= 1, "Only the question that waits still has its buttons."


async def on_telegram(
    telegram: TelegramStandIn, start: str = "en_market-day", tongue: Tongue = ENGLISH
) -> Way:
    ana, way = telegram.person("Ana"), Way(tongue)
    await ana.start(start)
    for _ in range(MOST):
        message = await ana.reads(PATIENCE)
        while not message.keyboard and len(ana.messages) > ana._read:
            way.read.append(message.text)
            message = await ana.reads(PATIENCE)
        label = way.next(message.text, message.labels)
        if way.is_there():
            break
        if label is None:
            await ana.write(tongue.next_step)
        else:
            await ana.press(message, label)
    return way


@pytest.mark.timeout(180)
async def test_ana_comes_to_her_third_tip_on_whatsapp(telegram: TelegramStandIn, tmp_path: Path) -> None:
    """Through signed webhooks; the pair limit is lifted on both sides, as a whole check takes minutes with it."""
    async with WhatsApp(
        rules=Rules.lifted(), token=TOKEN, app_secret=APP_SECRET, phone_id=PHONE_ID
    ) as whatsapp:
        url = f"sqlite:///{tmp_path / 'pasito.sqlite3'}"
        pasito = Pasito(tmp_path, url, telegram.url, TOKEN, whatsapp_url=whatsapp.url)
        await asyncio.to_thread(pasito.start)
        whatsapp.webhook_url = f"http://127.0.0.1:{pasito.port}/hooks/whatsapp/default"
        try:
            way = await on_whatsapp(whatsapp)
        finally:
            await asyncio.to_thread(pasito.stop)
    assert way.is_there(), way.read
    assert whatsapp.reads, "What she wrote was never marked as read."


async def on_whatsapp(whatsapp: WhatsApp, tongue: Tongue = ENGLISH) -> Way:
    ana, way, place = whatsapp.person("51987654321", "PE.13491208655302741918"), Way(tongue), 0
    await ana.writes("hola")
    for _ in range(MOST):
        message = await ana.next_message(PATIENCE, after=place)
        place += 1
        while not message.buttons and len(ana.messages) > place:
            way.read.append(message.text)
            message, place = ana.messages[place], place + 1
        label = way.next(message.text, list(message.buttons))
        if way.is_there():
            break
        if label is None:
            await ana.writes(tongue.next_step)
        else:
            await ana.presses(label)
    return way


@pytest.mark.timeout(240)
async def test_a_pack_of_a_further_economy_talks_on_telegram_and_whatsapp(
    telegram: TelegramStandIn, tmp_path: Path
) -> None:
    """Made as the guide says, and not touched: Spanish of another region, begun from Peru's."""
    settings = {**os.environ, "PASITO_DATA_DIR": str(tmp_path / "desk")}
    making = [sys.executable, "-m", "pasito", "pack", "new", "mx", "--from", "pe", "--language", "es-MX"]
    made = await asyncio.to_thread(
        subprocess.run,
        [*making, "--into", str(tmp_path)],
        env=settings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    async with WhatsApp(
        rules=Rules.lifted(), token=TOKEN, app_secret=APP_SECRET, phone_id=PHONE_ID
    ) as whatsapp:
        pasito = Pasito(
            tmp_path / "run", f"sqlite:///{tmp_path / 'pasito.sqlite3'}", telegram.url, TOKEN,
            whatsapp_url=whatsapp.url, programme="mx", environment={"PASITO_PACKS": str(tmp_path / "mx")},
        )  # fmt: skip
        await asyncio.to_thread(pasito.start)
        whatsapp.webhook_url = f"http://127.0.0.1:{pasito.port}/hooks/whatsapp/default"
        try:
            await asyncio.to_thread(until_called, telegram)
            there = telegram.call
            on_one = await asyncio.to_thread(there, on_telegram(telegram, "es-MX_feria", SPANISH), 150)
            on_other = await on_whatsapp(whatsapp, SPANISH)
        finally:
            await asyncio.to_thread(pasito.stop)
    assert on_one.is_there(), on_one.read
    assert on_other.is_there(), on_other.read
    assert "menu" in {one["command"] for one in telegram.bot(TOKEN).commands[""]}
