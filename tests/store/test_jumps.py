"""The database's clock is set: what waits for a time waits as long as it was to, and nothing is given up for it.

No test can set the clock of a database. To it, a clock that was set a day on is the same as all that
it holds being a day older while the steady clock says that no time has passed.
"""

from __future__ import annotations

import pytest

from flows.values import Call, Reply
from store import calls, dead_letters, jumps
from store import tables as t
from store.clock import DAY, HOUR, SECOND, now_of
from store.engine import open_database
from store.outbox import Outcome
from store.pacing import Limits
from store.watch import LEAST, Watch
from tests.store.sending import (
    ACCOUNT,
    QUESTION,
    TIP,
    claims,
    claims_one,
    marks,
    next_due,
    recovers,
    sends,
    states,
    time_passes,
)

A_DAY = DAY // SECOND
TEN_MINUTES = 600
BOTH_WAYS = pytest.mark.parametrize("seconds", [A_DAY, TEN_MINUTES, -TEN_MINUTES, -A_DAY])


def looks(town):
    """Somebody has looked at the clock before it is set."""
    with town.database.begin() as tx:
        assert not jumps.notice(tx)


def is_set(town, seconds, *databases):
    """The clock is set by so many seconds in the eyes of the town, and of other processes."""
    by = int(seconds * SECOND)
    time_passes(town, seconds)
    with town.database.begin() as tx:
        for table, names in ((t.conversation, ("ready_at", "window_until")), (t.call, ("due_at",))):
            tx.execute(table.update().values({name: table.c[name] - by for name in names}))
    for database in databases or (town.database,):
        before = database.watch.steady
        database.watch.steady = lambda before=before: before() - by


def letters(town):
    with town.database.begin() as tx:
        return dead_letters.dead_letters(tx, "pe")


# --- what waits ---


@BOTH_WAYS
@pytest.mark.parametrize("reply", [QUESTION, TIP], ids=["question", "tip"])
def test_a_reply_that_waited_for_a_second_goes_out_and_is_not_given_up(town, reply, seconds):
    looks(town)
    town.talks("ana", replies=(reply,))
    is_set(town, seconds)
    assert claims(town) == []  # it is noticed here
    assert sends(town) == [reply.text]
    assert letters(town) == []


@BOTH_WAYS
def test_a_reply_to_be_tried_again_waits_as_long_as_it_was_to(town, seconds):
    looks(town)
    town.talks("ana", replies=(QUESTION,))
    marks(town, claims_one(town), "retry", after=60)
    is_set(town, seconds)
    assert claims(town) == []
    assert 50 < next_due(town) <= 60.1
    assert claims(town) == []
    time_passes(town, 61)
    assert sends(town) == [QUESTION.text]


@BOTH_WAYS
def test_what_is_said_after_the_clock_was_set_counts_from_then(town, seconds):
    """Before anybody else looked, what became of a reply is written down."""
    looks(town)
    town.talks("ana", replies=(QUESTION,))
    sending = claims_one(town)
    is_set(town, seconds)
    marks(town, sending, "retry", after=60)
    assert claims(town) == []
    assert 50 < next_due(town) <= 60.1


@BOTH_WAYS
def test_a_reply_that_is_being_sent_stays_with_its_sender(town, seconds):
    looks(town)
    town.talks("ana", replies=(TIP,))
    sending = claims_one(town)
    is_set(town, seconds)
    recovers(town)
    assert states(town) == ["sending"]
    marks(town, sending, "retry")
    time_passes(town, 1)
    assert sends(town) == [TIP.text]


@BOTH_WAYS
def test_a_question_in_doubt_is_asked_again_when_its_time_has_come(town, seconds):
    looks(town)
    town.talks("ana", replies=(QUESTION,))
    marks(town, claims_one(town), "unknown")
    is_set(town, seconds)
    assert claims(town) == []
    assert claims(town) == []
    time_passes(town, 46)
    assert sends(town) == [QUESTION.text]


@BOTH_WAYS
def test_the_silence_that_a_platform_asked_for_is_kept_to_its_end(town, seconds):
    looks(town)
    town.talks("ana", replies=(QUESTION,))
    marks(town, claims_one(town), "retry", after=10_072, hold=10_072)
    town.talks("ben", replies=(QUESTION,))
    is_set(town, seconds)
    assert claims(town) == []
    time_passes(town, 10_000)
    assert claims(town) == []
    time_passes(town, 73)
    assert len(claims(town)) == 2


@BOTH_WAYS
def test_nobody_is_written_to_faster_and_nobody_waits_longer(town, seconds):
    limits = {ACCOUNT: Limits(300, 1, 1, 30)}
    looks(town)
    town.talks("ana", replies=(Reply("uno"), Reply("dos")))
    assert sends(town, limits=limits) == ["uno"]
    is_set(town, seconds)
    assert sends(town, limits=limits) == []
    time_passes(town, 250)
    assert sends(town, limits=limits) == []
    time_passes(town, 51)
    assert sends(town, limits=limits) == ["dos"]


def test_an_old_reply_is_given_up_even_so(town):
    looks(town)
    town.talks("ana", replies=(TIP,))
    time_passes(town, 3 * HOUR // SECOND)
    is_set(town, A_DAY)
    assert claims(town) == []
    assert claims(town) == []
    assert [letter.error for letter in letters(town)] == ["too_late"]


def test_a_reply_that_was_tried_for_an_hour_is_given_up_when_its_own_time_is_over(town):
    looks(town)
    town.talks("ana", replies=(TIP,))
    is_set(town, -A_DAY)
    assert claims(town) == []
    time_passes(town, 2 * HOUR // SECOND + 10)
    assert claims(town) == []
    assert states(town) == ["dead"]


@BOTH_WAYS
def test_a_reply_written_before_anybody_noticed_goes_out_at_once(town, seconds):
    looks(town)
    is_set(town, seconds)
    town.talks("ana", replies=(TIP,))
    assert [*sends(town), *sends(town)] == [TIP.text]  # the first who looks may have been the worker
    assert letters(town) == []


def test_forth_and_back_again_leaves_all_as_it_was(town):
    looks(town)
    town.talks("ana", replies=(QUESTION, TIP))
    for seconds in (A_DAY, -A_DAY, -A_DAY, A_DAY, -TEN_MINUTES):
        is_set(town, seconds)
        assert claims(town) == []
    assert sends(town) == [QUESTION.text, TIP.text]


def test_a_conversation_whose_worker_died_is_not_held_for_a_day(town):
    town.writes("ana")
    town.claims_one()
    is_set(town, -A_DAY)
    time_passes_for_leases(town, 31)
    assert len(town.claims()) == 1


def test_a_call_whose_maker_died_is_not_held_for_a_day(town):
    town.talks("ana", calls=(Call("c1", "lookup"),))
    with town.database.begin() as tx:
        assert len(calls.claim_calls(tx)) == 1
    is_set(town, -A_DAY)
    looks_and_sees(town)
    time_passes_for_leases(town, 61)
    with town.database.begin() as tx:
        assert len(calls.claim_calls(tx)) == 1


def test_who_wrote_a_moment_ago_may_still_be_written_to(town):
    with town.database.begin() as tx:
        town.now = now_of(tx)
    town.talks("ana", replies=(QUESTION,))
    until = claims_one(town).window_until
    marks(town, town_outgoing(town), "retry")
    is_set(town, A_DAY + TEN_MINUTES)
    assert claims(town) == []
    time_passes(town, 1)
    assert abs(claims_one(town).window_until - until) < SECOND


def looks_and_sees(town):
    with town.database.begin() as tx:
        assert jumps.notice(tx)


def time_passes_for_leases(town, seconds):
    by = int(seconds * SECOND)
    with town.database.begin() as tx:
        tx.execute(t.conversation.update().values(ready_at=t.conversation.c.ready_at - by))
        tx.execute(t.call.update().values(due_at=t.call.c.due_at - by))


def town_outgoing(town):
    (row,) = town.rows(t.outbox)
    return Outcome("pe", row["conversation_id"], row["place"], "retry")


# --- who notices ---


@pytest.fixture
def other(database_url, secret, town):
    """Another process with the same database."""
    database = open_database(database_url, secret=secret)
    yield database
    database.close()


@BOTH_WAYS
def test_of_two_processes_one_moves_what_waits(town, other, seconds):
    with other.begin() as tx:
        assert not jumps.notice(tx)
    looks(town)
    town.talks("ana", replies=(QUESTION,))
    marks(town, claims_one(town), "retry", after=60)
    is_set(town, seconds, town.database, other)
    looks_and_sees(town)
    for database in (other, town.database):
        with database.begin() as tx:
            assert not jumps.notice(tx)
    assert 50 < next_due(town) <= 60.1
    assert [row["ahead"] // SECOND for row in town.rows(t.clock)] in ([seconds], [seconds - 1])


def test_what_was_rolled_back_is_noticed_again(town):
    looks(town)
    is_set(town, A_DAY)
    with town.database.begin() as tx, tx.begin_nested() as part:
        assert jumps.notice(tx)
        part.rollback()
    looks_and_sees(town)
    looks(town)


def test_time_that_passes_is_no_jump(town):
    looks(town)
    time_passes(town, A_DAY)
    looks(town)
    assert town.rows(t.clock) == []


def test_who_looks_now_and_then_looks_once_in_a_second(town, count_statements):
    with town.database.begin() as tx:
        jumps.notice_now_and_then(tx)
        with count_statements(town.database) as given:
            jumps.notice_now_and_then(tx)
        assert given == []
        watch = town.database.watch
        steady = watch.steady
        watch.steady = lambda: steady() + SECOND
        with count_statements(town.database) as given:
            jumps.notice_now_and_then(tx)
        assert len(given) == 1


def test_a_process_that_stood_still_while_it_looked_takes_that_for_no_jump():
    watch = Watch()
    assert watch.jump(now=1_000 * SECOND, ahead=0, before=0, after=10) == 0
    assert watch.jump(now=1_010 * SECOND, ahead=0, before=10 * SECOND, after=75 * SECOND) == 0
    assert watch.jump(now=1_080 * SECOND, ahead=0, before=80 * SECOND, after=80 * SECOND) == 0


def test_even_so_it_notices_a_clock_that_was_set():
    watch = Watch()
    assert watch.jump(now=1_000 * SECOND, ahead=0, before=0, after=0) == 0
    now = 1_010 * SECOND + DAY
    assert watch.jump(now, ahead=0, before=10 * SECOND, after=75 * SECOND) == DAY - 65 * SECOND
    now = 1_010 * SECOND - DAY
    assert watch.jump(now, ahead=0, before=10 * SECOND, after=75 * SECOND) == -DAY


def test_a_clock_that_is_slowly_put_right_was_not_set():
    watch = Watch()
    for minute in range(600):
        real = minute * 60 * SECOND
        slow = minute * (LEAST - 1)
        assert watch.jump(now=real - slow, ahead=0, before=real, after=real) == 0
