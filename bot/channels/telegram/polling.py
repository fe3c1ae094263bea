"""Asks Telegram for what came in: for a laptop, where no public address is needed.

Telegram forgets an update as soon as we ask for the next one. So we ask for the next one only
after this one is written.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Any, Protocol

from bot.channels.accounts import ChannelAccount
from bot.channels.delivery import Delivery
from bot.channels.telegram.capabilities import UPDATES
from bot.channels.telegram.failures import is_token_refused
from bot.channels.telegram.line import Line, LineError, NoAnswerError, RefusedError
from bot.channels.telegram.receive import read, update_id
from bot.worker import microseconds

log = logging.getLogger(__name__)

WAIT_SECONDS = 50  # how long Telegram holds our question open when nothing is there
ANSWER_SECONDS = 15.0  # ... and how much longer its answer may take
AT_ONCE = 100
EMPTY_SECONDS = 0.05  # between two questions where a server does not wait for news, as it should
TIRED_SECONDS = 2.0  # after a failure, before we ask again
BLOCKED_SECONDS = 30.0  # after one that an operator has to look at


class Takes(Protocol):
    """Where updates go: `bot.ingest.Ingest`."""

    async def take(self, delivery: Delivery) -> None: ...


async def poll(account: ChannelAccount, ingest: Takes) -> None:
    """Asks for as long as it is let."""
    line = Line(account, WAIT_SECONDS + ANSWER_SECONDS)
    try:
        offset = 0
        while True:
            offset = await _once(line, account, ingest, offset)
    finally:
        await line.close()


async def _once(line: Line, account: ChannelAccount, ingest: Takes, offset: int) -> int:
    """Asks once and has written what came. Gives back the offset to ask with next."""
    try:
        updates = await _updates(line, offset)
    except LineError as error:
        await asyncio.sleep(_rest(account, error))
        return offset
    if not updates:
        await asyncio.sleep(EMPTY_SECONDS)
        return 0
    try:
        await ingest.take(read(updates, account, microseconds()))
    except Exception:  # the store is away: Telegram keeps the updates until we ask for later ones
        log.exception(
            "What came in for %s could not be written. Telegram keeps it; we ask again.", account.id
        )
        await asyncio.sleep(TIRED_SECONDS)
        return offset
    return _next(updates)


async def _updates(line: Line, offset: int) -> list[Any]:
    arguments = {
        "offset": offset, "limit": AT_ONCE, "timeout": WAIT_SECONDS, "allowed_updates": UPDATES,
    }  # fmt: skip
    updates = await line.call("getUpdates", arguments)
    if not isinstance(updates, list):
        raise NoAnswerError("unreadable")
    return updates


def _next(updates: Iterable[Any]) -> int:
    """Confirms what was written. Once nothing more comes, we ask from the beginning again (0): after a
    quiet week Telegram's numbers start anew somewhere, perhaps below the last one."""
    return max((number + 1 for update in updates if (number := update_id(update)) is not None), default=0)


def _rest(account: ChannelAccount, error: LineError) -> float:
    """Seconds to wait after a failure. The operator reads what it means."""
    if is_token_refused(error):
        log.error("Telegram refuses the token of %s. Nothing comes in until the token is right.", account.id)
        return BLOCKED_SECONDS
    if isinstance(error, RefusedError) and error.status == 409:
        log.error(
            "Somebody else asks Telegram for the updates of %s, or they go to a webhook. Nothing is lost, "
            "but nothing comes in here. Run one process with polling, or use the webhook.", account.id,
        )  # fmt: skip
        return BLOCKED_SECONDS
    log.warning("Telegram cannot be asked for %s now: %s", account.id, type(error).__name__)
    return max(TIRED_SECONDS, error.retry_after if isinstance(error, RefusedError) else 0.0)
