"""The worker: claims conversations in which something waits, has their turns taken, writes them.

It runs in a thread of its own. A second thread looks after what time brings: timers that are due,
calls to be made, rows left in the middle, and what has been kept long enough.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bot.turns import Shelf, take_turns
from flows.values import Inbound
from store import calls, erasure, inbox, outbox, timers, turns
from store.calls import Calling
from store.engine import Database
from store.errors import WriterStoppedError
from store.inbox import Arrival
from store.writer import Writer

log = logging.getLogger(__name__)

MOST_CONVERSATIONS = 256
IDLE_SECONDS = 0.5  # how long to sleep when nobody rings; other processes may have left work
CARE_SECONDS = 1.0
RETIRE_SECONDS = 3600.0
CALL_TRIES = 3

# Makes a call's result from its arguments; runs outside any transaction, in a thread.
CallMaker = Callable[[Calling], Any]


def microseconds() -> int:
    """Now, as all tables count it."""
    return time.time_ns() // 1_000


class Worker:
    """Serves all conversations of a database, or with `only_wanted` just those it was asked for."""

    def __init__(
        self,
        database: Database,
        writer: Writer,
        shelf: Shelf,
        makers: Mapping[str, CallMaker],
        *,
        only_wanted: bool = False,
        clock: Callable[[], int] = microseconds,
    ) -> None:
        self.database = database
        self.writer = writer
        self.shelf = shelf
        self.makers = makers
        self.clock = clock
        self.name = secrets.token_hex(4)
        self.only_wanted = only_wanted
        self.on_finished: list[Callable[[str, str], None]] = []
        self._wanted: set[tuple[str, str]] = set()
        self._bell = threading.Condition()
        self._rung = False
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._serve, name="pasito-turns", daemon=True),
            threading.Thread(target=self._care, name="pasito-care", daemon=True),
        ]
        self._callers = ThreadPoolExecutor(2, thread_name_prefix="pasito-call")

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends after the batch in hand."""
        self._stopping.set()
        self.ring()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()
        self._callers.shutdown()

    def ring(self, programme: str | None = None, conversation: str | None = None) -> None:
        """Says that something waits, so that nobody has to look for it."""
        with self._bell:
            if programme and conversation:
                self._wanted.add((programme, conversation))
            self._rung = True
            self._bell.notify()

    # --- turns ---

    def _serve(self) -> None:
        while not self._stopping.is_set():
            try:
                served = self.serve_once()
            except WriterStoppedError:
                return
            except Exception:  # the database may be away; what waits stays where it is
                log.exception("The worker could not serve; it tries again.")
                self._stopping.wait(IDLE_SECONDS)
                continue
            if not served:
                self._sleep()

    def _sleep(self) -> None:
        with self._bell:
            if not self._rung:
                self._bell.wait(IDLE_SECONDS)
            self._rung = False

    def serve_once(self) -> int:
        """One batch: claim, take turns, write. Gives back how many conversations it was."""
        only = self._take_wanted()
        if self.only_wanted and not only:
            return 0
        batch = self.writer.call(
            lambda tx: inbox.claim(tx, self.name, MOST_CONVERSATIONS, only=only if self.only_wanted else ())
        ).result()
        now = self.clock()
        taken = [take_turns(claimed, self.shelf, now) for claimed in batch]
        results = [self.writer.submit(turns.finish_turns, one) for one in taken]
        for one, result in zip(taken, results, strict=True):
            finish = result.result()
            if finish.outcome == "written":
                for told in self.on_finished:
                    told(one.claimed.programme, finish.conversation)
            if any(turn.calls for _, turn in one.turns):
                self._callers.submit(self._make_calls)
        return len(batch)

    def _take_wanted(self) -> list[tuple[str, str]]:
        with self._bell:
            wanted, self._wanted = list(self._wanted), set()
        return wanted

    # --- what time brings ---

    def _care(self) -> None:
        retired = 0.0
        while not self._stopping.wait(CARE_SECONDS):
            try:
                self.care_once()
                if time.monotonic() - retired > RETIRE_SECONDS:
                    retired = time.monotonic()
                    self.writer.call(lambda tx: erasure.retire(tx, now=self.clock())).result()
            except WriterStoppedError:
                return
            except Exception:  # as above
                log.exception("The worker could not look after timers; it tries again.")

    def care_once(self) -> None:
        """Timers that are due become inbound; calls left behind are made; lost sends are looked at."""
        now = self.clock()
        with self.database.read() as tx:
            due = timers.next_due(tx)
        if due is not None and due <= now and self.writer.call(lambda tx: timers.wake(tx, now)).result():
            self.ring()
        self._make_calls()

    def recover(self) -> None:
        """What a sender that died has left in the middle."""
        self.writer.call(lambda tx: outbox.recover(tx)).result()

    # --- calls ---

    def _make_calls(self) -> None:
        try:
            claimed: Iterable[Calling] = self.writer.call(calls.claim_calls).result()
            for calling in claimed:
                self._make(calling)
        except WriterStoppedError:
            return
        except Exception:  # the lease ends and the call comes again
            log.exception("A call could not be made; it comes again.")

    def _make(self, calling: Calling) -> None:
        result: dict[str, Any] = {"id": calling.call.id}
        try:
            result |= {"ok": True, "value": self.makers[calling.call.name](calling)}
        except Exception:
            log.exception("The call %s failed, try %s.", calling.call.name, calling.attempts)
            if calling.attempts < CALL_TRIES:
                return
            result |= {"ok": False}
        arrival = Arrival(
            calling.programme,
            calling.account,
            Inbound(f"call:{calling.call.id}", "result", seed=secrets.token_hex(16), data=result),
            self.clock(),
            conversation=calling.conversation,
        )
        self.writer.submit(inbox.accept, arrival).result()
        self.ring(calling.programme, calling.conversation)
