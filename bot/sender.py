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
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from sqlalchemy import Connection

from bot.channels.accounts import ChannelAccount
from bot.channels.contract import Client
from bot.channels.delivery import Courtesy
from bot.standing import Standing
from store import outbox
from store.engine import Database
from store.errors import WriterBusyError, WriterStoppedError, is_away
from store.outbox import Outcome, Outgoing
from store.writer import Writer

log = logging.getLogger(__name__)

AT_ONCE = 64
IN_FLIGHT = 256
LOOK_SECONDS = 1.0  # other processes may have left something to send
SOON_SECONDS = 0.01  # quiet for so long: then it is looked for what is due next
RECOVER_SECONDS = 15.0
TIRED_SECONDS = 1.0  # after an error of the database
BESIDE_SECONDS = 10.0
GIVE_BACK_SECONDS = 5.0
SEND_SECONDS = 40.0  # far below the lease of what was claimed
FILM_SECONDS = 300.0  # what waits its turn, goes up, and is told in words in the end; its lease is renewed
RENEW_SECONDS = 20.0

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
        # They may take minutes, and take no room from the others.
        self._films: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._rung = asyncio.Event()
        self._claims = Standing(writer, self._claim, self._take)
        self._found: deque[Future[list[Outgoing]]] = deque()
        self._outcomes: list[Outcome] = []  # landed and not yet written
        self._marking = False  # whether some are being written
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
                if not self.only_polite:
                    self._claims.join()
                await (self._rung.wait() if self.only_polite else self._once())
            except WriterStoppedError:
                break
            except Exception:  # the database may be away; what is due stays where it is
                log.exception("The sender could not look for what is due; it tries again.")
                await asyncio.sleep(TIRED_SECONDS)
        for other in others:
            other.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        if flying := self._flying | self._films:
            _, late = await asyncio.wait(flying, timeout=5)
            for task in late:  # nobody knows what becomes of these; their leases end
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._give_back()
        if self._outcomes:  # the writer finishes what it was given before it stops
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
        for claimed in self._found:
            if claimed.exception() is None:
                self._outcomes += [
                    replace(_outcome(outgoing, "retry"), attempt=outgoing.attempts)
                    for outgoing in claimed.result()
                ]

    async def _once(self) -> None:
        """Sends what was claimed, then waits until more is."""
        await self._recover()
        self._rung.clear()
        while self._found:
            for outgoing in self._found.popleft().result():
                self._fly(self._send(outgoing), self._films if outgoing.reply.video else self._flying)
        await self._rest()

    def _claim(self, tx: Connection) -> list[Outgoing]:
        """In the writer's thread: what is due, as far as there is room for it."""
        room = self._room()
        return outbox.claim_due(tx, self.limits, room) if room > 0 else []

    def _room(self) -> int:
        return min(AT_ONCE, IN_FLIGHT - len(self._flying) - AT_ONCE * len(self._found))

    def _take(self, claimed: Future[list[Outgoing]]) -> None:
        """In the writer's thread: hands over what was claimed."""
        self._found.append(claimed)
        self._loop.call_soon_threadsafe(self._rung.set)

    async def _rest(self) -> None:
        """Until something was claimed or has landed; when something is due the writer is asked to look."""
        if await self._rung_within(SOON_SECONDS):
            return  # as long as much is written, each batch looks by itself
        due = self._next_due() if self._room() > 0 else None
        if not await self._rung_within(LOOK_SECONDS if due is None else min(LOOK_SECONDS, due)):
            self.writer.ring()

    async def _rung_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._rung.wait(), seconds)
        except TimeoutError:
            return False
        return True

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
        holding = asyncio.ensure_future(self._hold(outgoing)) if outgoing.reply.video else None
        try:
            patience = FILM_SECONDS if outgoing.reply.video else SEND_SECONDS
            outcome = await asyncio.wait_for(client.send(outgoing), patience)
        except TimeoutError:  # the platform may have it
            outcome = _outcome(outgoing, "unknown")
        except Exception:  # a fault of ours: the others go on, and this one is tried again
            log.exception("A reply could not be handed to %s.", outgoing.account)
            outcome = _outcome(outgoing, "retry", after=60.0)
        finally:
            if holding is not None:
                holding.cancel()
        if outcome.state == "dead":
            log.warning("A reply of %s was given up: %s", outgoing.account, outcome.reason)
        # Of this attempt: a sender that wakes up late changes nothing.
        self._outcomes.append(replace(outcome, attempt=outgoing.attempts))
        if not self._marking:
            self._mark()

    async def _hold(self, outgoing: Outgoing) -> None:
        """Keeps the lease of what takes long: nobody else takes it for left in the middle."""
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            with suppress(WriterBusyError, WriterStoppedError):  # a lease holds for three of these
                self.writer.submit_all(outbox.renew, [outgoing])

    def _mark(self) -> None:
        """Writes what became of all that has landed since the last time, with one commit."""
        outcomes, self._outcomes = self._outcomes, []
        try:
            marked = self.writer.submit_all(outbox.mark, outcomes)
        except WriterStoppedError:  # their leases end, and they are looked after as if the sender had died
            return
        self._marking = True
        marked.add_done_callback(partial(self._marked, outcomes))

    def _marked(self, outcomes: Sequence[Outcome], marked: Future[list[Exception | None]]) -> None:
        """In the writer's thread."""
        again = []
        for outcome, result in zip(outcomes, marked.result(), strict=True):
            if isinstance(result, Exception) and is_away(result):
                again.append(outcome)
            elif isinstance(result, Exception):
                log.error("What became of a reply could not be written.", exc_info=result)
        if again:
            log.warning("What became of %d replies could not be written yet; it is tried again.", len(again))
        with suppress(RuntimeError):  # the loop has ended; nobody sends any more
            self._loop.call_soon_threadsafe(self._mark_more, again)

    def _mark_more(self, again: list[Outcome]) -> None:
        self._marking = False
        self._outcomes = again + self._outcomes
        if again:  # forgotten, they would be in doubt, and hold up their conversations until their leases end
            self._loop.call_later(TIRED_SECONDS, self._mark_if_any)
        else:
            self._mark_if_any()

    def _mark_if_any(self) -> None:
        if self._outcomes and not self._marking:
            self._mark()

    def _show(self, courtesy: Courtesy) -> None:
        client = self._by_account.get(courtesy.account)
        if client is not None:
            self._fly(client.show(courtesy), self._flying)

    def _fly(self, work: Coroutine[Any, Any, None], among: set[asyncio.Task[None]]) -> None:
        task = asyncio.ensure_future(work)
        among.add(task)
        task.add_done_callback(among.discard)


def _outcome(outgoing: Outgoing, state: Any, after: float = 0) -> Outcome:
    return Outcome(outgoing.programme, outgoing.conversation, outgoing.place, state, after=after)
