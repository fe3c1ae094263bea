"""Nobody is sent more than a platform takes: to one person, from one account, by all workers together."""

from __future__ import annotations

import threading

import pytest

from flows.values import Reply, Timer
from store import outbox
from store import tables as t
from store.engine import open_database
from store.outbox import Outcome
from store.pacing import NO_LIMITS, Limits, Rule
from store.programmes import keep_account
from store.timers import wake
from tests.store.sending import (
    ACCOUNT,
    QUESTION,
    TIP,
    claims,
    claims_one,
    marks,
    next_due,
    replies,
    sends,
    states,
    time_passes,
)

OTHER = ("pe", "telegram/second")


def a_person_waits(seconds, burst=1):
    return {ACCOUNT: Limits(seconds, burst, 0, 1)}


def an_account_waits(seconds, burst=1):
    return {ACCOUNT: Limits(0, 1, seconds, burst)}


def everybody_gets(town, n, account=ACCOUNT[1]):
    for who in range(n):
        town.talks(f"p{who}", replies=(Reply(f"to {who}"),), account=account)


def test_a_burst_may_run_ahead_and_is_paid_back():
    rule = Rule(every=10, burst=3)
    tat, gone = 0, []
    for now in range(1_000, 1_060):
        while rule.free_at(tat) <= now:
            tat = rule.after(tat, now)
            gone.append(now)
    assert gone == [1_000, 1_000, 1_000, 1_010, 1_020, 1_030, 1_040, 1_050]


def test_a_person_is_not_written_to_faster_than_the_limit(town):
    town.talks("ana", replies=(Reply("uno"), Reply("dos"), Reply("tres")))
    limits = a_person_waits(600)
    assert sends(town, limits=limits) == ["uno"]
    assert 550 < next_due(town, limits) < 600.1
    time_passes(town, 550)
    assert sends(town, limits=limits) == []
    time_passes(town, 51)
    assert sends(town, limits=limits) == ["dos"]


def test_a_short_burst_to_a_person_is_paid_back_later(town):
    town.talks("ana", replies=[Reply(str(n)) for n in range(5)])
    limits = a_person_waits(600, burst=3)
    assert sends(town, limits=limits) == ["0", "1", "2"]
    time_passes(town, 601)
    assert sends(town, limits=limits) == ["3"]
    time_passes(town, 601)
    assert sends(town, limits=limits) == ["4"]


def test_a_message_that_was_long_on_its_way_moves_the_next_one_on(town):
    town.talks("ana", replies=(Reply("uno"), Reply("dos")))
    limits = a_person_waits(600)
    slow = claims_one(town, limits=limits)
    time_passes(town, 500)
    marks(town, slow, "sent")
    time_passes(town, 550)  # more than 600 seconds after the claim, less after the platform had it
    assert claims(town, limits) == []
    time_passes(town, 51)
    assert len(claims(town, limits)) == 1


def test_a_try_that_failed_counts_as_well(town):
    town.talks("ana", replies=(Reply("uno"),))
    limits = a_person_waits(600)
    marks(town, claims_one(town, limits=limits), "retry", after=0)
    assert claims(town, limits) == []
    time_passes(town, 601)
    assert len(claims(town, limits)) == 1


def test_an_account_sends_no_faster_than_the_limit_to_all_together(town):
    everybody_gets(town, 9)
    limits = an_account_waits(600, burst=3)
    assert len(sends(town, limits=limits)) == 3
    assert 500 < next_due(town, limits) <= 600
    time_passes(town, 1201)
    assert len(sends(town, limits=limits)) == 2


def test_what_is_due_longest_goes_first(town):
    everybody_gets(town, 5)
    limits = an_account_waits(600)
    said = []
    for _ in range(5):
        said += sends(town, limits=limits)
        time_passes(town, 601)
    assert said == [f"to {n}" for n in range(5)]


@pytest.fixture
def two_accounts(town):
    with town.database.begin() as tx:
        keep_account(tx, *OTHER, channel="telegram", pulls=False, now=town.now)
    return town


def test_only_the_accounts_that_are_asked_for_are_served(two_accounts):
    everybody_gets(two_accounts, 2)
    everybody_gets(two_accounts, 1, OTHER[1])
    found = claims(two_accounts, {OTHER: NO_LIMITS})
    assert [outgoing.account for outgoing in found] == [OTHER[1]]
    assert claims(two_accounts, {}) == []
    assert next_due(two_accounts, {}) is None


def test_a_flooded_account_does_not_delay_another(two_accounts):
    everybody_gets(two_accounts, 20)
    everybody_gets(two_accounts, 2, OTHER[1])
    limits = {ACCOUNT: NO_LIMITS, OTHER: NO_LIMITS}
    found = claims(two_accounts, limits, limit=6)
    assert sorted(outgoing.account for outgoing in found).count(OTHER[1]) == 2
    assert len(found) == 6


def test_silence_that_a_platform_asks_of_one_account_does_not_touch_another(two_accounts):
    everybody_gets(two_accounts, 3)
    everybody_gets(two_accounts, 1, OTHER[1])
    limits = {ACCOUNT: NO_LIMITS, OTHER: NO_LIMITS}
    first = claims_one(two_accounts, limits={ACCOUNT: NO_LIMITS}, limit=1)
    marks(two_accounts, first, "retry", after=30, hold=30, reason="too_fast")
    assert [outgoing.account for outgoing in claims(two_accounts, limits)] == [OTHER[1]]
    assert 29 < next_due(two_accounts, limits) <= 30.1


def test_silence_is_kept_to_the_second_and_over_a_restart(town, database_url, secret):
    everybody_gets(town, 2)
    free = {ACCOUNT: NO_LIMITS}
    marks(town, claims_one(town, limit=1), "retry", after=10_072, hold=10_072)
    restarted = open_database(database_url, secret=secret)
    for seconds, gone in ((10_040, 0), (5, 0), (27.1, 1)):
        time_passes(town, seconds)
        with restarted.begin() as tx:
            tx.execute(t.outbox.update().values(give_up_at=10**18))
            assert len(outbox.claim_due(tx, free, 1)) == gone
    restarted.close()


def test_silence_is_kept_even_where_a_burst_would_be_allowed(town):
    everybody_gets(town, 3)
    limits = an_account_waits(600, burst=3)
    marks(town, claims_one(town, limits=limits, limit=1), "retry", after=0, hold=60)
    time_passes(town, 30)
    assert claims(town, limits) == []
    assert 20 < next_due(town, limits) <= 30.1
    time_passes(town, 31)
    assert len(claims(town, limits)) == 2  # one of the three was the try that failed


def test_silence_is_never_shortened(town):
    everybody_gets(town, 2)
    first, second = claims(town)
    marks(town, first, "retry", after=1, hold=60)
    marks(town, second, "retry", after=1, hold=5)
    time_passes(town, 30)
    assert claims(town) == []
    time_passes(town, 30.1)
    assert len(claims(town)) == 2


def test_the_next_look_is_when_something_may_go(town):
    assert next_due(town) is None
    town.talks("ana", replies=(QUESTION, TIP))
    assert next_due(town) == 0
    outgoing = claims_one(town)
    assert next_due(town) is None  # the tip stands behind the question
    marks(town, outgoing, "retry", after=20)
    assert 19 < next_due(town) <= 20.1
    time_passes(town, 21)
    marks(town, claims_one(town), "unknown")
    assert next_due(town) == 0
    marks(town, claims_one(town), "sent")
    assert 44 < next_due(town) <= 45.1  # then the question is asked once more
    time_passes(town, 46)
    marks(town, claims_one(town), "waiting", reason="window_closed")
    assert next_due(town) > 86_000


def test_two_senders_together_keep_the_limits_of_an_account(town, database_url, secret):
    everybody_gets(town, 40)
    limits = {ACCOUNT: Limits(1, 1, 600, 10)}
    other = open_database(database_url, secret=secret)
    taken = []

    def take(database):
        for _ in range(10):
            with database.begin() as tx:
                taken.extend(outbox.claim_due(tx, limits, 3))

    rival = threading.Thread(target=take, args=(other,))
    rival.start()
    take(town.database)
    rival.join()
    other.close()
    assert len(taken) == 10


def test_many_accounts_are_looked_into_at_once(town):
    everybody_gets(town, 1)
    limits = {("pe", f"telegram/{n}"): NO_LIMITS for n in range(230)} | {ACCOUNT: NO_LIMITS}
    assert next_due(town, limits) == 0
    assert len(claims(town, limits)) == 1


def test_the_number_of_statements_does_not_grow_with_the_batch(town, count_statements):
    limits = {ACCOUNT: Limits(1, 1, 0.001, 200)}
    counts = []
    for n in (2, 60):
        everybody_gets(town, n)
        with count_statements(town.database) as counted, town.database.begin() as tx:
            found = outbox.claim_due(tx, limits, 100)
            outbox.mark(tx, [Outcome(o.programme, o.conversation, o.place, "sent") for o in found])
        assert len(found) == n
        counts.append(len(counted))
        time_passes(town, 60)
    assert counts[1] <= counts[0]
    assert set(states(town)) == {"sent"}


def test_where_there_is_no_limit_nothing_is_kept(town):
    everybody_gets(town, 3)
    sends(town)
    assert [(row["conversation_id"], row["tat"]) for row in town.rows(t.pace)] == [("", 0)]


def test_who_is_erased_is_not_written_to_faster_for_that(town):
    limits = a_person_waits(600)
    town.talks("ana", town.agreed(), replies=(TIP,))
    sends(town, limits=limits)
    town.talks("ana", erase=True, replies=(Reply("adiós"),))
    assert sends(town, limits=limits) == []
    time_passes(town, 601)
    assert sends(town, limits=limits) == ["adiós"]


# --- what nobody waits for ---

SLOW = {ACCOUNT: Limits(person_every=0, person_burst=1, account_every=60, account_burst=4)}


def reminds(town, *who):
    """Each of them is reminded of something; what was said before is out."""
    for one in who:
        town.talks(one, timers=(Timer("t", 0),))
    with town.database.begin() as tx:
        assert wake(tx) == len(who)
    for claimed in town.claims():
        town.finishes(town.finished(claimed, claimed.state, replies=(Reply(f"remind {claimed.person[:6]}"),)))


def test_who_wrote_is_answered_before_those_of_whom_nobody_heard(town):
    reminds(town, "a", "b")
    town.talks("ana", replies=(TIP,))
    assert sends(town)[0] == TIP.text
    assert len(replies(town)) == 3


def test_half_of_the_burst_is_kept_for_answers(town):
    reminds(town, "a", "b", "c", "d", "e")
    assert len(sends(town, limits=SLOW)) == 2
    for who in ("ana", "ben", "chen"):
        town.talks(who, replies=(TIP,))
    assert sends(town, limits=SLOW) == [TIP.text] * 2
    time_passes(town, 60)
    assert sends(town, limits=SLOW) == [TIP.text]  # the reminders go on once nobody waits


def test_what_waits_in_her_own_conversation_goes_out_before_her_answer_and_at_once(town):
    reminds(town, "a", "b")
    assert len(sends(town, limits=SLOW)) == 2
    reminds(town, "ana")
    assert sends(town, limits=SLOW) == []
    town.talks("ana", replies=(TIP,))
    assert [text.partition(" ")[0] for text in sends(town, limits=SLOW)] == ["remind", "un"]


def test_the_next_look_is_when_a_reminder_may_go(town):
    reminds(town, "a", "b", "c")
    assert len(sends(town, limits=SLOW)) == 2
    assert 50 < next_due(town, SLOW) <= 60.1
    town.talks("ana", replies=(TIP,))
    assert next_due(town, SLOW) == 0
