"""The worker: claims conversations in which something waits, has their turns taken, writes them.

It runs in a thread of its own. Its claim stands: it is part of every transaction that accepts a
message or writes turns, so that a batch of messages costs two commits: one to accept and claim it,
one to write its turns; and while these are written, the next ones are taken. Turns are taken while
their claim is committed, and handed on only once it is durable. A second thread looks
after what time brings: timers that are due, calls to be made, rows left in the middle, and what has
been kept long enough.
"""

from __future__ import annotations

import gc
import logging
import queue
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from bot.shelf import LOOK_SECONDS, Shelf
from bot.standing import Standing
from bot.turns import leaving_the_state, not_written, take_turns
from flows.values import Inbound
from store import calls, campaigns, erasure, inbox, outbox, timers, turns
from store.calls import Calling
from store.engine import Database
from store.errors import WriterStoppedError, is_away
from store.inbox import Arrival, Claimed
from store.turns import Finish, FinishedTurn
from store.writer import Writer

log = logging.getLogger(__name__)

MOST_CONVERSATIONS = 256
MOST_IN_HAND = 8  # claims and written turns that wait for the worker; then it claims no more
IDLE_SECONDS = 0.5  # how long to sleep when nobody rings; other processes may have left work
CARE_SECONDS = 1.0
# What time brings is woken a little at a time, so that somebody who writes waits for one such batch at most;
# PostgreSQL takes longer for each, whatever is in it.
TIMERS_AT_ONCE = 24
TIMERS_AT_ONCE_POSTGRES = 96
BATCHES_OF_TIMERS = 2  # one is written while the turns of the next are taken
TIMERS_SECONDS = 0.25  # so long they give way, while people write all the time
RETIRE_SECONDS = 3600.0
RETIRE_AT_ONCE = 0.5  # then the others come again; what is left waits for the next look
CALLERS = 4
CALLS_AT_ONCE = 2  # claimed together; both are made well within their lease
CALL_SECONDS = 20.0
CALL_TRIES = 3
CALL_REST_SECONDS = 1.0

# Makes a call's result from its arguments; runs outside any transaction, in a thread.
CallMaker = Callable[[Calling], Any]


def _spare_the_collector() -> None:
    """A turn makes many small values and no circles, and the compiled packs stay for good.

    Looking through all of them every few hundred new objects took a fifth of the time of a turn.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def microseconds() -> int:
    """Now, as all tables count it."""
    return time.time_ns() // 1_000


@dataclass(frozen=True, slots=True)
class _Written:
    """Turns that were handed to the writer, and what became of each."""

    taken: Sequence[FinishedTurn]
    results: Sequence[Finish | Exception]


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
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._retired = self._looked = float("-inf")
        self._threads = [
            threading.Thread(target=self._serve, name="pasito-turns", daemon=True),
            threading.Thread(target=self._care, name="pasito-care", daemon=True),
        ]
        self._callers = ThreadPoolExecutor(CALLERS, thread_name_prefix="pasito-calls")
        # None: look whether it is time to stop.
        self._news: queue.SimpleQueue[Future[list[Claimed]] | list[Claimed] | _Written | None] = (
            queue.SimpleQueue()
        )
        # What was claimed in a batch that is not durable yet, and its turns.
        self._ahead: tuple[list[Claimed], list[FinishedTurn]] = [], []
        self._passed = False  # whether a claim was passed over
        self._unwritten = 0  # batches of turns on their way to the writer
        self._timers_due = False  # as far as anybody knows
        self._woke = float("-inf")  # when timers were woken last
        # Batches on their way to the writer: those in which somebody waits for an answer, and the others.
        self._awaited = self._unasked = 0
        self._claims = Standing(writer, self._claim, self._news.put)
        self._calling = 0  # callers that have not looked yet for what is to be called

    def start(self) -> None:
        _spare_the_collector()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends after the batch in hand."""
        self._stopping.set()
        self._claims.end()
        self._news.put(None)
        for thread in self._threads:
            if thread.is_alive():
                thread.join()
        self._callers.shutdown(cancel_futures=True)

    def ring(self, programme: str, conversation: str) -> None:
        """Says that something waits there, for a worker that is to be asked."""
        if self.only_wanted:
            with self._lock:
                self._wanted.add((programme, conversation))
            self.writer.ring()

    # --- turns ---

    def _serve(self) -> None:
        """One thing after the other: conversations that were claimed, and turns that were written."""
        try:
            self._claims.join()
            self.writer.ring()  # what was left when the last worker ended
            while not (
                self._stopping.is_set()
                and not self._unwritten
                and self._claims.is_at_rest
                and self._news.empty()
            ):
                self._safely(self._once)
        except WriterStoppedError:
            return

    def _safely(self, work: Callable[[], None]) -> None:
        """Nobody would be answered any more if this thread ended."""
        try:
            work()
        except WriterStoppedError:
            raise
        except Exception:
            log.exception("The worker stumbled. What it had in hand comes again when its lease ends.")
            self._stopping.wait(IDLE_SECONDS)

    def _once(self) -> None:
        try:
            news = self._news.get(timeout=IDLE_SECONDS)
        except queue.Empty:
            self.writer.ring()  # other processes may have left work
            return
        if news is None:
            return
        if isinstance(news, _Written):
            self._unwritten -= 1
            self._take_up(news.taken, -1)
            self._tell_or_fail(news.taken, news.results)
            if self._timers_due and self._unasked < (1 if self.database.is_sqlite else BATCHES_OF_TIMERS):
                self.writer.ring()
            return
        if isinstance(news, list):
            self._ahead = news, self._all_turns(news)
            return
        if taken := self._taken(news):
            written = self.writer.submit_all(turns.finish_turns, taken, size=turns.size_of)
            self._unwritten += 1
            self._take_up(taken, 1)
            written.add_done_callback(lambda done: self._news.put(_Written(taken, done.result())))
        if self._passed and self._news.qsize() < MOST_IN_HAND:
            self._passed = False
            self.writer.ring()

    def _claim(self, tx: Connection) -> list[Claimed]:
        """What this batch of the writer leaves to be answered."""
        if self._news.qsize() >= MOST_IN_HAND:
            self._passed = True  # and claims when there is less to do
            return []
        wanted: list[tuple[str, str]] = []
        if self.only_wanted:
            wanted = self._take_wanted()
            if not wanted:
                return []
        overdue = self._timers_due and time.monotonic() - self._woke > TIMERS_SECONDS
        if overdue:
            self._wake(tx)
        try:
            claimed = inbox.claim(tx, self.name, MOST_CONVERSATIONS, only=wanted)
        except Exception:
            with self._lock:
                self._wanted.update(wanted)  # done again, it still claims what it was to claim
            raise
        if not claimed and not overdue and self._may_wake() and self._wake(tx):
            claimed = inbox.claim(tx, self.name, MOST_CONVERSATIONS)
        if claimed and self._news.empty():
            self._news.put(claimed)
        return claimed

    def _may_wake(self) -> bool:
        """Whether nobody who has written waits for an answer, and there is room for what time brings."""
        if self.only_wanted or not self._timers_due or self._awaited:
            return False
        return self._unasked + self._news.qsize() < BATCHES_OF_TIMERS

    def _wake(self, tx: Connection) -> int:
        """Some of the timers that are due become inbound, as part of a claim: none waits while somebody writes."""
        most = TIMERS_AT_ONCE if self.database.is_sqlite else TIMERS_AT_ONCE_POSTGRES
        woken = timers.wake(tx, most)
        self._timers_due, self._woke = woken == most, time.monotonic()
        return woken

    def _take_up(self, taken: Sequence[FinishedTurn], by: int) -> None:
        """Counts a batch as one more on its way to the writer, or one less."""
        if any(row.inbound.kind != "timer" for one in taken for row, _ in one.turns):
            self._awaited += by
        else:
            self._unasked += by

    def _taken(self, claim: Future[list[Claimed]]) -> list[FinishedTurn]:
        """All turns of what was claimed; none if that was in vain."""
        (ahead, taken), self._ahead = self._ahead, ([], [])
        try:
            claimed = claim.result()
            # A batch that was rolled back has claimed anew; a pack may have come with the batch.
            return taken if ahead is claimed and len(taken) == len(claimed) else self._all_turns(claimed)
        except WriterStoppedError:
            raise
        except Exception:  # the database may be away; what waits stays where it is
            log.exception("The worker could not serve; it tries again.")
            self._stopping.wait(IDLE_SECONDS)
            self._claims.join()
            return []

    def _all_turns(self, claimed: Sequence[Claimed]) -> list[FinishedTurn]:
        now = self.clock()
        return [done for one in claimed if (done := self._turns(one, now))]

    def _turns(self, claimed: Claimed, now: int) -> FinishedTurn | None:
        """The turns of one conversation; None if its programme has no version that can run."""
        try:
            return take_turns(claimed, self.shelf, now)
        except Exception:  # its lease ends and it comes again
            log.exception("No turn can be taken in the programme %s.", claimed.programme)
            return None

    def _tell_or_fail(self, taken: Sequence[FinishedTurn], written: Sequence[Finish | Exception]) -> None:
        """Tells who listens. What could not be written is counted as a try that failed."""
        failed = []
        for one, finish in zip(taken, written, strict=True):
            if not isinstance(finish, Exception):
                self._tell(one, finish)
            elif not is_away(finish):
                log.error(
                    "Turns could not be written: programme %s, conversation %s",
                    one.claimed.programme, one.claimed.conversation, exc_info=finish,
                )  # fmt: skip
                failed.append(not_written(one, self.shelf, finish))
        if not failed:
            return
        for one in self._written_at_last(self._written_at_last(failed), leaving_the_state):
            log.error("Not even the failure could be written: conversation %s", one.claimed.conversation)

    def _written_at_last(
        self,
        failed: Sequence[FinishedTurn],
        changed: Callable[[FinishedTurn], FinishedTurn] = lambda one: one,
    ) -> list[FinishedTurn]:
        """Writes failures, and gives back those that could not be written: their leases end, they come again."""
        failures = [changed(one) for one in failed]
        results = self.writer.submit_all(turns.finish_turns, failures, size=turns.size_of).result()
        left = []
        for one, finish in zip(failures, results, strict=True):
            if isinstance(finish, Exception):
                log.error("A failure could not be written.", exc_info=finish)
                left.append(one)
            else:
                self._tell(one, finish)
        return left

    def _tell(self, one: FinishedTurn, finish: Finish) -> None:
        if finish.outcome == "written":
            self._tell_one(one.claimed.programme, finish.conversation)
        if any(turn.calls for _, turn in one.turns):
            self._call_soon()

    def _tell_one(self, programme: str, conversation: str) -> None:
        for told in self.on_finished:
            try:
                told(programme, conversation)
            except Exception:  # whoever listened has gone; the next one still wants to know
                log.exception("The end of a turn could not be told.")

    def _take_wanted(self) -> list[tuple[str, str]]:
        with self._lock:
            wanted, self._wanted = list(self._wanted), set()
        return wanted

    # --- what time brings ---

    def _care(self) -> None:
        while not self._stopping.wait(CARE_SECONDS):
            for cares in (self.care_once, self._look_for_packs, self._retire):
                try:
                    cares()
                except WriterStoppedError:
                    return
                except Exception:  # as above; the other things do not wait for this one
                    log.exception("The worker could not look after what time brings; it tries again.")

    def care_once(self) -> None:
        """Has timers that are due become inbound, calls left behind made, stopped campaigns taken back."""
        with self.database.read() as tx:
            due, stopping = timers.is_any_due(tx), campaigns.is_any_stopping(tx)
        if due and not self.only_wanted:
            self._timers_due = True
            self.writer.ring()
        if stopping:
            self.writer.call(lambda tx: campaigns.let_go(tx)).result()
        self._call_soon()

    def _look_for_packs(self) -> None:
        """Another process may have published a pack."""
        if time.monotonic() - self._looked >= LOOK_SECONDS:
            self._looked = time.monotonic()
            self.shelf.refresh()

    def _retire(self) -> None:
        """Round after round lets go of what is too old; now and then, and not for long at a time."""
        began = time.monotonic()
        if began - self._retired < RETIRE_SECONDS:
            return
        while self.writer.call(lambda tx: erasure.retire(tx, now=self.clock())).result():
            if self._stopping.is_set() or time.monotonic() - began > RETIRE_AT_ONCE:
                return
        self._retired = began

    def recover(self) -> None:
        """What a sender that died has left in the middle."""
        self.writer.call(lambda tx: outbox.recover(tx)).result()

    # --- calls ---

    def _call_soon(self) -> None:
        """Has somebody look for calls, but those who serve and care: a call may take long."""
        with self._lock:
            if self._calling >= CALLERS:
                return  # whoever looks next finds this one, too
            self._calling += 1
        try:
            self._callers.submit(self._make_calls)
        except RuntimeError:  # the worker stops; the next one finds the call
            return

    def _make_calls(self) -> None:
        with self._lock:
            self._calling -= 1
        try:
            while not self._stopping.is_set():
                claimed = self.writer.call(lambda tx: calls.claim_calls(tx, CALLS_AT_ONCE)).result()
                for calling in claimed:
                    self._make(calling)
                if not claimed:
                    return
        except WriterStoppedError:
            return
        except Exception:  # the lease ends and the call comes again
            log.exception("A call could not be made; it comes again.")

    def _make(self, calling: Calling) -> None:
        result: dict[str, Any] = {"id": calling.call.id}
        try:
            result |= {"ok": True, "value": self._value(calling)}
        except Exception:
            log.exception("The call %s failed, try %s.", calling.call.name, calling.attempts)
            if calling.attempts < CALL_TRIES:
                self.writer.call(lambda tx: calls.try_again(tx, calling, CALL_REST_SECONDS)).result()
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

    def _value(self, calling: Calling) -> Any:
        """What the maker says, in its own thread: one that never comes back holds up nobody."""
        answer: Future[Any] = Future()

        def make() -> None:
            try:
                answer.set_result(self.makers[calling.call.name](calling))
            except Exception as error:
                answer.set_exception(error)

        threading.Thread(target=make, name="pasito-call", daemon=True).start()
        return answer.result(CALL_SECONDS)
