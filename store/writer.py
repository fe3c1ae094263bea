"""The writer: one thread that owns the writing connection and commits work in groups.

A batch is whatever waited while the batch before it was committed. So a single message is
committed at once, and a hundred that come together share one commit.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from store.engine import Database
from store.errors import TryAgainError, WriterBusyError, WriterStoppedError

Item = TypeVar("Item")
Result = TypeVar("Result")
# Work on many items at once: one result for each, in the same order.
Work = Callable[[Connection, Sequence[Item]], Sequence[Result]]

MOST_ITEMS = 256
MOST_BYTES = 4_000_000
MOST_WAITING = 20_000
_TRIES_ALONE = 3
# PostgreSQL: serialization failure, deadlock, lock not available.
_PASSING = {"40001", "40P01", "55P03"}


class _Promise(Protocol):
    """What the results of a job are given to: `_One` future, or a `_Part` of one."""

    def is_wanted(self) -> bool: ...
    def keep(self, results: Sequence[Any], /) -> None: ...
    def fail(self, error: Exception, /) -> None: ...
    def halves(self, middle: int, /) -> tuple[_Promise, _Promise]: ...


@dataclass(frozen=True, slots=True)
class _One:
    """The future of one item that was given alone."""

    future: Future[Any]

    def is_wanted(self) -> bool:
        return self.future.set_running_or_notify_cancel()

    def keep(self, results: Sequence[Any]) -> None:
        self.future.set_result(results[0])

    def fail(self, error: Exception) -> None:
        self.future.set_exception(error)

    def halves(self, middle: int) -> tuple[_Promise, _Promise]:
        raise ValueError("One item has no halves.")


@dataclass(slots=True)
class _Together:
    """The future of items that were given together, and what is known of them so far."""

    future: Future[list[Any]]
    results: list[Any]
    missing: int


@dataclass(frozen=True, slots=True)
class _Part:
    """Some neighbours among items that were given together: from place `start` to before `end`."""

    whole: _Together
    start: int
    end: int

    def is_wanted(self) -> bool:
        return True

    def keep(self, results: Sequence[Any]) -> None:
        whole = self.whole
        whole.results[self.start : self.end] = results
        whole.missing -= len(results)
        if not whole.missing:
            whole.future.set_result(whole.results)

    def fail(self, error: Exception) -> None:
        self.keep([error] * (self.end - self.start))

    def halves(self, middle: int) -> tuple[_Promise, _Promise]:
        cut = self.start + middle
        return _Part(self.whole, self.start, cut), _Part(self.whole, cut, self.end)


@dataclass(frozen=True, slots=True)
class _Job:
    """Items for the same work, at most `MOST_ITEMS`; size: bytes that all of them will write, about."""

    work: Work[Any, Any]
    items: Sequence[Any]
    size: int
    promise: _Promise

    def halves(self) -> list[_Job]:
        middle = len(self.items) // 2
        first, second = self.promise.halves(middle)
        size = self.size // 2
        return [
            _Job(self.work, self.items[:middle], size, first),
            _Job(self.work, self.items[middle:], size, second),
        ]


class Writer:
    """Takes work from any thread and answers with futures.

    Work given with the same function is done in one call for the whole batch. If a batch fails,
    it is rolled back and done in halves, until the culprit stands alone and only it fails.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._urgent: deque[_Job] = deque()
        self._waiting: deque[_Job] = deque()
        self._items = 0  # in all jobs that wait
        self._joining: list[_Job] = []
        self._changed = threading.Condition()
        self._rung = False
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="pasito-writer", daemon=True)
        self._thread.start()

    def submit(
        self, work: Work[Item, Result], item: Item, *, size: int = 1_000, urgent: bool = False
    ) -> Future[Result]:
        """The result for this item, once it is durable. `size` is its rough weight in bytes.

        urgent: somebody waits for it who cannot wait long; it is not kept back by what is not.
        Raises `WriterBusyError` or `WriterStoppedError` at once.
        """
        future: Future[Result] = Future()
        self._give(self._urgent if urgent else self._waiting, [_Job(work, (item,), size, _One(future))])
        return future

    def submit_all(
        self,
        work: Work[Item, Result],
        items: Sequence[Item],
        *,
        size: Callable[[Item], int] = lambda _: 1_000,
    ) -> Future[list[Result | Exception]]:
        """As `submit` for each of the items, with one future for all; an item that failed has its error there.

        size: about how many bytes an item will write.
        """
        future: Future[list[Result | Exception]] = Future()
        future.set_running_or_notify_cancel()
        whole = _Together(future, [None] * len(items), len(items))
        if items:
            sizes = [size(item) for item in items]
            self._give(
                self._waiting,
                [
                    _Job(work, items[start:end], sum(sizes[start:end]), _Part(whole, start, end))
                    for start, end in _stretches(sizes)
                ],
            )
        else:
            future.set_result([])
        return future

    def call(self, function: Callable[[Connection], Result]) -> Future[Result]:
        """Runs one function in the batch's transaction, by itself."""
        return self.submit(_one_by_one, function)

    def join(self, function: Callable[[Connection], Result]) -> Future[Result]:
        """Runs one function at the end of the next batch, whoever brings that about.

        It asks for no batch of its own, unless somebody rings. It sees what the batch has written.
        """
        future: Future[Result] = Future()
        with self._changed:
            if self._stopping:
                raise WriterStoppedError("The writer has stopped.")
            self._joining.append(_Job(_at_the_end, (function,), 0, _One(future)))
            if self._rung:
                self._changed.notify()
        return future

    def ring(self) -> None:
        """Has what was given to `join` done now, or the next that is given."""
        with self._changed:
            self._rung = True
            self._changed.notify()

    def stop(self) -> None:
        """Finishes what waits and ends the thread."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join()

    def _give(self, queue: deque[_Job], jobs: list[_Job]) -> None:
        with self._changed:
            if self._stopping:
                raise WriterStoppedError("The writer has stopped.")
            if self._items >= MOST_WAITING:
                raise WriterBusyError("Too much waits to be written.")
            queue.extend(jobs)
            self._items += sum(len(job.items) for job in jobs)
            self._changed.notify()

    def _run(self) -> None:
        while not self._is_done():
            for group in self._groups(self._next_batch()):
                self._commit(group)
        _fail(_ready(self._joining), WriterStoppedError("The writer has stopped."))

    def _is_done(self) -> bool:
        with self._changed:
            return self._stopping and not self._urgent and not self._waiting

    def _next_batch(self) -> list[_Job]:
        """Everything that waits, within the limits, and behind it what wants to join."""
        with self._changed:
            while not (self._urgent or self._waiting or self._stopping or (self._rung and self._joining)):
                self._changed.wait()
            batch = self._most_of(self._urgent) + self._most_of(self._waiting)
            if self._joining and not self._stopping:
                batch += _ready(self._joining)
                self._joining, self._rung = [], False
            return batch

    def _most_of(self, queue: deque[_Job]) -> list[_Job]:
        """What waits there, as far as it fits."""
        taken: list[_Job] = []
        weight = items = 0
        while queue:
            weight += queue[0].size
            items += len(queue[0].items)
            if taken and (weight > MOST_BYTES or items > MOST_ITEMS):
                break
            job = queue.popleft()
            self._items -= len(job.items)
            taken += _ready([job])
        return taken

    def _groups(self, batch: list[_Job]) -> list[list[_Job]]:
        """What is committed together.

        On SQLite the whole batch: one fsync. On PostgreSQL each kind of work by itself: every kind
        locks its rows in one order, but two kinds together could wait for each other in a circle.
        """
        return [batch] if self._database.is_sqlite and batch else list(_by_work(batch).values())

    def _commit(self, jobs: list[_Job]) -> None:
        for attempt in range(1, _TRIES_ALONE + 1):
            try:
                results = self._transaction(jobs)
            except Exception as error:
                if isinstance(error, DBAPIError) and error.connection_invalidated:
                    return _fail(jobs, error)
                if _is_passing(error) and attempt < _TRIES_ALONE:
                    continue
                if len(jobs) == 1 and len(jobs[0].items) == 1:
                    return _fail(jobs, error)
                if len(jobs) == 1:
                    jobs = jobs[0].halves()
                middle = len(jobs) // 2
                self._commit(jobs[:middle])
                return self._commit(jobs[middle:])
            for job, done in results:
                job.promise.keep(done)
            return None
        return None

    def _transaction(self, jobs: list[_Job]) -> list[tuple[_Job, Sequence[Any]]]:
        """Does all jobs in one transaction: each of them with its results."""
        results: list[tuple[_Job, Sequence[Any]]] = []
        with self._database.begin() as tx:
            for work, group in _by_work(jobs).items():
                items = [item for job in group for item in job.items]
                done = work(tx, items)
                if len(done) != len(items):
                    raise ValueError(f"{len(items)} items were given and {len(done)} results came back.")
                start = 0
                for job in group:
                    results.append((job, done[start : start + len(job.items)]))
                    start += len(job.items)
        return results


def _ready(jobs: Sequence[_Job]) -> list[_Job]:
    """Those that nobody has called off."""
    return [job for job in jobs if job.promise.is_wanted()]


def _stretches(sizes: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Neighbours that fit into one batch: (start, end) of each stretch."""
    start = weight = 0
    for place, size in enumerate(sizes):
        if place > start and (weight + size > MOST_BYTES or place - start >= MOST_ITEMS):
            yield start, place
            start, weight = place, 0
        weight += size
    yield start, len(sizes)


def _one_by_one(tx: Connection, functions: Sequence[Callable[[Connection], Any]]) -> list[Any]:
    return [function(tx) for function in functions]


def _at_the_end(tx: Connection, functions: Sequence[Callable[[Connection], Any]]) -> list[Any]:
    """Apart from `_one_by_one`: a batch does together what has the same work, in order of the first."""
    return _one_by_one(tx, functions)


def _by_work(jobs: Sequence[_Job]) -> dict[Work[Any, Any], list[_Job]]:
    groups: dict[Work[Any, Any], list[_Job]] = {}
    for job in jobs:
        groups.setdefault(job.work, []).append(job)
    return groups


def _is_passing(error: Exception) -> bool:
    if isinstance(error, TryAgainError):
        return True
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in _PASSING


def _fail(jobs: Sequence[_Job], error: Exception) -> None:
    for job in jobs:
        job.promise.fail(error)
