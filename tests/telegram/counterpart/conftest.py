"""A Telegram that nobody here wrote: telegram-test-api from npm, in a process of its own.

`npm ci` in this folder installs it. Without it these tests are skipped, unless
PASITO_REQUIRE_COUNTERPART says that they have to run.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

HERE = Path(__file__).parent
TOKEN = "123456:TEST-a-token-that-must-never-be-seen"

Json = dict[str, Any]


@dataclass
class Somebody:
    """Somebody who writes to our bot through the counterpart's own interface for people."""

    url: str
    id: int
    name: str
    unread: list[Json] = field(default_factory=list)

    async def writes(self, text: str) -> None:
        await self._post("sendMessage", {**self._common(), "text": text})

    async def presses(self, message: Json, label: str) -> None:
        rows = message["reply_markup"]["inline_keyboard"]
        value = next(b["callback_data"] for row in rows for b in row if b["text"] == label)
        shown = {"message_id": message["message_id"], "chat": self._chat(), "date": 1}
        await self._post("sendCallback", {**self._common(), "data": value, "message": shown})

    async def reads(self, patience: float = 10.0) -> Json:
        """The next message that our bot sent her."""
        until = time.monotonic() + patience
        while not self.unread:
            # A question that is broken off may already have taken the message away: patience ends between two.
            if time.monotonic() > until:
                raise TimeoutError(f"{self.name} got no message.")
            found = await self._post("getUpdates", {"token": TOKEN, "chatId": self.id})
            self.unread = [{**one["message"], "message_id": one["messageId"]} for one in found["result"]]
            await asyncio.sleep(0.02)
        return self.unread.pop(0)

    def _common(self) -> Json:
        return {
            "botToken": TOKEN,
            "from": {"id": self.id, "is_bot": False, "first_name": self.name, "language_code": "en"},
            "chat": self._chat(),
            "date": 1,
        }

    def _chat(self) -> Json:
        return {"id": self.id, "type": "private", "first_name": self.name}

    async def _post(self, path: str, body: Json) -> Json:
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.url}/{path}", json=body) as answer,
        ):
            found: Json = await answer.json()
            return found


@pytest.fixture
def counterpart() -> Iterator[str]:
    """The address of the counterpart."""
    if not (HERE / "node_modules" / "telegram-test-api").is_dir() or shutil.which("node") is None:
        if os.environ.get("PASITO_REQUIRE_COUNTERPART"):
            pytest.fail("telegram-test-api is not installed: run 'npm ci' in tests/telegram/counterpart.")
        pytest.skip("telegram-test-api is not installed.")
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    server = subprocess.Popen(
        ["node", "serve.cjs", str(port)], cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert server.stdin
    assert server.stdout
    assert server.stdout.readline() == b"ready\n"
    yield f"http://127.0.0.1:{port}"
    server.stdin.close()
    server.wait(10)
    server.stdout.close()
