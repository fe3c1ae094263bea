"""From the first word to the third tip, with a Telegram that nobody here wrote."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.platforms.owner import MOST, Way
from tests.process import Pasito
from tests.telegram.counterpart.conftest import TOKEN, Somebody


@pytest.mark.timeout(180)
async def test_ana_comes_to_her_third_tip(counterpart: str, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'pasito.sqlite3'}"
    pasito = Pasito(tmp_path, url, counterpart, TOKEN, mode="polling")
    await asyncio.to_thread(pasito.start)
    try:
        way = await walk(Somebody(counterpart, 7001, "Ana"))
    finally:
        await asyncio.to_thread(pasito.stop)
    assert way.is_there(), way.read


async def walk(ana: Somebody) -> Way:
    way = Way()
    await ana.writes("/start en_market-day")
    for _ in range(MOST):
        message = await ana.reads(15)
        rows = message.get("reply_markup", {}).get("inline_keyboard", [])
        while not rows and await _more(ana):
            way.read.append(message["text"])
            message = await ana.reads()
            rows = message.get("reply_markup", {}).get("inline_keyboard", [])
        label = way.next(message.get("text", ""), [button["text"] for row in rows for button in row])
        if way.is_there():
            break
        if label is None:
            await ana.writes("next step")
        else:
            await ana.presses(message, label)
    return way


async def _more(ana: Somebody) -> bool:
    """Whether another message comes by itself."""
    try:
        message = await ana.reads(1)
    except TimeoutError:
        return False
    ana.unread.insert(0, message)
    return True
