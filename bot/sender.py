"""The sender: takes from the outbox what is due, hands it to its platform, writes down what became of it.

It runs in a thread with an event loop of its own. Order and pace are the store's: it gives out the
next reply of a conversation only when the one before has an end. Several senders may run.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from bot.channels.accounts import ChannelAccount
from bot.channels.contract import Client
from bot.channels.delivery import Courtesy
from bot.standing import Standing
from store import outbox
from store.engine import Database
from store.errors import WriterStoppedError
from store.outbox import Outcome, Outgoing
from store.writer import Writer

log = logging.getLogger(__name__)

AT_ONCE = 64
IN_FLIGHT = 256
LOOK_SECONDS = 1.0  # other processes may have left something to send
SOON_SECONDS = 0.01  # what lands within so long is written with one commit
RECOVER_SECONDS = 15.0
TIRED_SECONDS = 1.0  # after an error of the database
BESIDE_SECONDS = 10.0
GIVE_BACK_SECONDS = 5.0
SEND_SECONDS = 40.0  # far below the lease of what was claimed

# Makes the line to an account's platform, inside the sender's event loop.
Connect = Callable[[ChannelAccount], Client]
# What else lives in the sender's loop as long as it does: asking a platform for what came in.
Background = Callable[[], Coroutine[Any, Any, None]]


class Sender:
    """Sends for the accounts it was given, and no others.

    only_polite: it sends nothing and shows courtesies only, where a platform hands over what came in
    to one process and others send.
    """

    def __init__(
        self,
        database: Database,
        writer: Writer,
        accounts: Sequence[ChannelAccount],
        connect: Connect,
        *,
        only_polite: bool = False,
    ) -> None:
        self.database = database
        self.writer = writer
        self.accounts = {(account.programme, account.id): account for account in accounts}
        self.limits = {key: account.limits for key, account in self.accounts.items()}
        self.only_polite = only_polite
        self._connect = connect
        self.background: Sequence[Background] = ()
        self._clients: dict[tuple[str, str], Client] = {}
        self._by_account: dict[str, Client] = {}
        self._flying: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._rung = asyncio.Event()
        self._claims = Standing(writer, self._claim, self._take)
        self._found: deque[Future[list[Outgoing]]] = deque()
        self._room = AT_ONCE
        self._outcomes: list[Outcome] = []  # landed and not yet written
        self._stopping = False
        self._recovered = float("-inf")
        self._thread = threading.Thread(target=self._run, name="pasito-sender", daemon=True)

    def start(self) -> None:
        if self.accounts:
            self._thread.start()

    def stop(self) -> None:
        """Ends when what is being sent has an end, but does not wait long for it."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._end)
            self._thread.join()

    def courtesy(self, courtesy: Courtesy) -> None:
        """Has something polite done, sometime soon; called from any thread."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._show, courtesy)

    # --- inside the loop ---

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    def _end(self) -> None:
        self._stopping = True
        self._claims.end()
        self._rung.set()

    async def _serve(self) -> None:
        for key, account in self.accounts.items():
            self._clients[key] = self._by_account[account.id] = self._connect(account)
        others = [asyncio.ensure_future(self._beside(run)) for run in self.background]
        while not self._stopping:
            try:
                await (self._rung.wait() if self.only_polite else self._once())
            except WriterStoppedError:
                break
            except Exception:  # the database may be away; what is due stays where it is
                log.exception("The sender could not look for what is due; it tries again.")
                await asyncio.sleep(TIRED_SECONDS)
        for other in others:
            other.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        if self._flying:
            await asyncio.wait(self._flying, timeout=5)
        await self._give_back()
        if self._outcomes:
            self._mark()
        await asyncio.gather(*(client.close() for client in self._clients.values()), return_exceptions=True)

    async def _beside(self, run: Background) -> None:
        """Runs as long as we do: a bot that is not asked any more would be silent for ever."""
        while not self._stopping:
            try:
                return await run()
            except Exception:
                log.exception("What runs beside the sender has failed; it begins anew.")
                await asyncio.sleep(BESIDE_SECONDS)
        return None

    async def _give_back(self) -> None:
        """What was claimed and not begun goes out with the next sender, and is in no doubt."""
        until = time.monotonic() + GIVE_BACK_SECONDS
        while not self._claims.is_at_rest and time.monotonic() < until:  # noqa: ASYNC110 - the writer's thread tells no loop
            await asyncio.sleep(SOON_SECONDS)
        await asyncio.sleep(0)  # what was handed over from the writer's thread is with us now
        for claimed in self._found:
            if claimed.exception() is None:
                self._outcomes += [
                    replace(_outcome(outgoing, "retry"), attempt=outgoing.attempts)
                    for outgoing in claimed.result()
                ]

    async def _once(self) -> None:
        """Sends what was claimed, or waits until something is."""
        await self._recover()
        self._rung.clear()
        if not self._found:
            self._room = min(AT_ONCE, IN_FLIGHT - len(self._flying))
            if self._room > 0:
                self._claims.join()
            await self._rest()
            return
        for outgoing in self._found.popleft().result():
            self._fly(self._send(outgoing))

    def _claim(self, tx: Connection) -> list[Outgoing]:
        return outbox.claim_due(tx, self.limits, self._room)

    def _take(self, claimed: Future[list[Outgoing]]) -> None:
        """In the writer's thread: hands over what was claimed."""
        self._loop.call_soon_threadsafe(self._hand_over, claimed)

    def _hand_over(self, claimed: Future[list[Outgoing]]) -> None:
        self._found.append(claimed)
        self._rung.set()

    async def _rest(self) -> None:
        """Until something was claimed or has landed; when something is due the writer is asked to look."""
        due = self._next_due() if self._room > 0 else None
        seconds = LOOK_SECONDS if due is None else min(LOOK_SECONDS, max(due, SOON_SECONDS))
        try:
            await asyncio.wait_for(self._rung.wait(), seconds)
        except TimeoutError:
            self.writer.ring()

    async def _recover(self) -> None:
        if time.monotonic() - self._recovered > RECOVER_SECONDS:
            self._recovered = time.monotonic()
            await asyncio.wrap_future(self.writer.call(lambda tx: outbox.recover(tx)))

    def _next_due(self) -> float | None:
        """Seconds until something is due; None if nothing waits."""
        with self.database.read() as tx:
            return outbox.next_due(tx, self.limits)

    async def _send(self, outgoing: Outgoing) -> None:
        client = self._clients[outgoing.programme, outgoing.account]
        try:
            outcome = await asyncio.wait_for(client.send(outgoing), SEND_SECONDS)
        except TimeoutError:  # the platform may have it
            outcome = _outcome(outgoing, "unknown")
        except Exception:  # a fault of ours: the others go on, and this one is tried again
            log.exception("A reply could not be handed to %s.", outgoing.account)
            outcome = _outcome(outgoing, "retry", after=60.0)
        if outcome.state == "dead":
            log.warning("A reply of %s was given up: %s", outgoing.account, outcome.reason)
        if not self._outcomes:
            self._loop.call_later(SOON_SECONDS, self._mark)
        # Of this attempt: a sender that wakes up late changes nothing.
        self._outcomes.append(replace(outcome, attempt=outgoing.attempts))

    def _mark(self) -> None:
        """Writes what became of all that landed in the last moment, with one commit."""
        outcomes, self._outcomes = self._outcomes, []
        try:
            marked = self.writer.submit_all(outbox.mark, outcomes)
        except WriterStoppedError:  # their leases end, and they are looked after as if the sender had died
            return
        marked.add_done_callback(_told)
        self._rung.set()

    def _show(self, courtesy: Courtesy) -> None:
        client = self._by_account.get(courtesy.account)
        if client is not None:
            self._fly(client.show(courtesy))

    def _fly(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._flying.add(task)
        task.add_done_callback(self._flying.discard)


def _told(marked: Future[list[Exception | None]]) -> None:
    for result in marked.result():
        if isinstance(result, Exception):
            log.error("What became of a reply could not be written.", exc_info=result)


def _outcome(outgoing: Outgoing, state: Any, after: float = 0) -> Outcome:
    return Outcome(outgoing.programme, outgoing.conversation, outgoing.place, state, after=after)
