"""The writer commits in groups, and one bad item does not spoil the others' day."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text

from store import tables as t
from store.engine import open_database, scrub_after_commit
from store.errors import TryAgainError, WriterBusyError, WriterStoppedError
from store.inbox import accept
from store.writer import MOST_ITEMS, Writer


@pytest.fixture
def writer(town):
    writer = Writer(town.database)
    yield writer
    writer.stop()


def hold(writer):
    """Keeps the writer busy until the returned event is set, so that a batch collects behind it."""
    begun, released = threading.Event(), threading.Event()

    def work(tx):
        begun.set()
        released.wait(5)

    writer.call(work)
    assert begun.wait(5)
    return released


def test_what_waited_during_a_commit_is_one_batch(writer, town):
    calls = []

    def work(tx, items):
        calls.append(list(items))
        return [item * 2 for item in items]

    release = hold(writer)
    futures = [writer.submit(work, n) for n in range(10)]
    release.set()
    assert [future.result(5) for future in futures] == [n * 2 for n in range(10)]
    assert calls == [list(range(10))]


def test_a_batch_has_a_most_of_jobs_and_of_bytes(writer):
    sizes = []

    def work(tx, items):
        sizes.append(len(items))
        return items

    release = hold(writer)
    futures = [writer.submit(work, n) for n in range(MOST_ITEMS + 4)]
    futures += [writer.submit(work, n, size=3_000_000) for n in range(2)]
    release.set()
    for future in futures:
        future.result(5)
    assert sizes == [256, 5, 1]


def test_a_batch_that_fails_is_halved_until_the_culprit_stands_alone(writer, town):
    def work(tx, items):
        if 7 in items:
            raise ValueError("seven")
        accept(tx, [town.arrival(f"p{item}") for item in items])
        return items

    release = hold(writer)
    futures = [writer.submit(work, n) for n in range(20)]
    release.set()
    assert [n for n, future in enumerate(futures) if future.exception(5)] == [7]
    assert len(town.rows(t.inbox)) == 19


def test_items_given_together_have_one_answer_and_the_culprit_its_error(writer, town):
    def work(tx, items):
        if 3 in items:
            raise ValueError("three")
        accept(tx, [town.arrival(f"p{item}") for item in items])
        return items

    results = writer.submit_all(work, range(6)).result(5)
    assert [result for result in results if not isinstance(result, Exception)] == [0, 1, 2, 4, 5]
    assert isinstance(results[3], ValueError)
    assert len(town.rows(t.inbox)) == 5
    assert writer.submit_all(work, []).result(5) == []


def test_what_is_urgent_is_not_kept_back_by_what_is_not(writer, town):
    """Even when more of the other waits than fits into a batch."""
    begun, go, order = threading.Event(), threading.Event(), []

    def hold(tx, items):
        begun.set()
        assert go.wait(5)
        return items

    def note(tx, items):
        order.extend(items)
        return items

    held = writer.submit(hold, "held")
    assert begun.wait(5)
    others = writer.submit_all(note, list(range(3 * MOST_ITEMS)))
    urgent = writer.submit(note, "urgent", urgent=True)
    go.set()
    held.result(5), urgent.result(5), others.result(5)
    assert order[0] == "urgent"
    assert order[1:] == list(range(3 * MOST_ITEMS))


def test_what_joins_a_batch_waits_for_one_and_sees_what_it_wrote(writer, town):
    joined = writer.join(lambda tx: len(tx.execute(t.inbox.select()).all()))
    with pytest.raises(TimeoutError):
        joined.result(0.1)
    writer.submit(accept, town.arrival("ana"))
    assert joined.result(5) == 1


def test_a_ring_has_what_joined_done_now_or_the_next_that_joins(writer):
    joined = writer.join(lambda tx: "now")
    writer.ring()
    assert joined.result(5) == "now"
    writer.ring()
    assert writer.join(lambda tx: "the next").result(5) == "the next"


def test_what_joined_can_be_called_off_and_ends_with_the_writer(town):
    writer = Writer(town.database)
    off, left = writer.join(lambda tx: "done"), writer.join(lambda tx: "done")
    assert off.cancel()
    writer.stop()
    with pytest.raises(WriterStoppedError):
        left.result(5)


def test_what_passes_is_tried_again(writer):
    tries = []

    def work(tx):
        tries.append(1)
        if len(tries) < 3:
            raise TryAgainError("once more")
        return "done"

    assert writer.call(work).result(5) == "done"


def test_nothing_is_acknowledged_before_it_is_durable(writer, town, database_url, secret):
    accepted = writer.submit(accept, town.arrival("ana")).result(5)
    other = open_database(database_url, secret=secret)
    with other.read() as tx:
        assert [row.conversation_id for row in tx.execute(t.inbox.select())] == [accepted.conversation]
    other.close()


def test_a_stopped_writer_finishes_what_waits_and_takes_no_more(town):
    writer = Writer(town.database)
    release = hold(writer)
    future = writer.submit(accept, town.arrival("ana"))
    stopping = threading.Thread(target=writer.stop)
    stopping.start()
    release.set()
    stopping.join(5)
    assert future.result(1).new
    with pytest.raises(WriterStoppedError):
        writer.submit(accept, town.arrival("ben"))


def test_a_writer_with_too_much_before_it_says_so(writer, monkeypatch):
    monkeypatch.setattr("store.writer.MOST_WAITING", 2)
    release = hold(writer)
    for _ in range(2):
        writer.call(lambda tx: None)
    with pytest.raises(WriterBusyError):
        writer.call(lambda tx: None)
    release.set()


def test_a_lost_connection_fails_what_waited_and_the_next_batch_works(town):
    if town.database.is_sqlite:
        pytest.skip("SQLite has no connection to lose")
    writer = Writer(town.database)

    def hang_up(tx):
        tx.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    assert writer.call(hang_up).exception(5)
    assert writer.submit(accept, town.arrival("ana")).result(5).new
    writer.stop()


def test_two_processes_that_welcome_the_same_people_make_each_once(town, database_url, secret):
    other = open_database(database_url, secret=secret)
    writers = [Writer(town.database), Writer(other)]
    futures = [
        writer.submit(accept, town.arrival(f"p{n % 20}", key=f"k{n % 40}", text="x"))
        for n in range(200)
        for writer in writers
    ]
    accepted = [future.result(20) for future in futures]
    for writer in writers:
        writer.stop()
    other.close()
    assert sum(one.new for one in accepted) == 40
    assert len(town.rows(t.person)) == len(town.rows(t.conversation)) == 20
    for talk in town.rows(t.conversation):
        mine = sorted(row["seq"] for row in town.rows(t.inbox) if row["conversation_id"] == talk["id"])
        assert mine == list(range(1, talk["last_seq"] + 1))


def test_what_was_committed_is_not_done_again_when_the_overwriting_fails(writer, town):
    if not town.database.is_sqlite:
        pytest.skip("only SQLite overwrites files of ours")
    for n in range(3):
        writer.submit(accept, town.arrival(f"p{n}")).result(5)
    left_open = []

    def work(tx):
        scrub_after_commit(tx)
        # A statement in the middle of its rows: SQLite refuses to empty the log.
        left_open.append(tx.connection.driver_connection.execute("SELECT id FROM person"))
        left_open[-1].fetchone()
        return len(left_open)

    assert writer.call(work).result(5) == 1
    left_open.pop().close()
    assert writer.call(lambda tx: tx.info.get("scrub")).result(5)  # it was not forgotten


def test_items_given_together_are_cut_into_batches_by_their_own_sizes(writer):
    sizes = []

    def work(tx, items):
        sizes.append(len(items))
        return items

    release = hold(writer)
    given = writer.submit_all(work, [1, 3_000_000, 3_000_000, 1], size=lambda item: item)
    release.set()
    given.result(5)
    assert sizes == [2, 2]
