"""Whatever happens to replies, in whatever order: nothing is lost, order is kept, no limit is passed."""

from __future__ import annotations

import math
from collections import defaultdict

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from store import outbox
from store import tables as t
from store.clock import SECOND, now_of
from store.outbox import Outcome
from store.pacing import Limits
from tests.store import oracle
from tests.store.sending import ACCOUNT, QUESTION, TIP, notes, replies, status, time_passes

PEOPLE = st.sampled_from(["ana", "ben", "chen"])
# Far above the seconds that a slow machine needs for a run.
LIMITS = Limits(person_every=600, person_burst=2, account_every=300, account_burst=4)
LIFTED = Limits(0, 1, 0, 1)
KEPT = {"programme", "account"}


HAPPENS = {
    "a_turn_answers": {
        "who": PEOPLE,
        "said": st.lists(st.sampled_from([QUESTION, TIP]), min_size=1, max_size=3),
    },
    "somebody_writes": {"who": PEOPLE},
    "a_sender_claims": {"limit": st.integers(1, 4), "dies": st.booleans()},
    "a_sender_says_what_became_of_it": {
        "pick": st.integers(0, 9),
        "state": st.sampled_from(["sent", "retry", "unknown", "waiting", "dead"]),
        "after": st.sampled_from([0, 5, 3_000]),
        "hold": st.sampled_from([0, 0, 0, 2_000]),
        "late": st.booleans(),
    },
    "a_sender_does_its_work": {"state": st.sampled_from(["sent", "retry", "unknown", "waiting", "dead"])},
    "somebody_looks_after_dead_senders": {},
    "the_platform_tells": {
        "pick": st.integers(0, 9),
        "state": st.sampled_from(["sent", "delivered", "read", "failed"]),
        "named": st.booleans(),
    },
    "time_passes": {"seconds": st.sampled_from([1, 46, 301, 601, 3_000, 80_000])},
}


class Sending(RuleBasedStateMachine):
    """Senders, people, statuses and time, one thing after the other."""

    town = None

    @initialize(paced=st.booleans())
    def begin(self, paced):
        with self.town.database.begin() as tx:
            for table in reversed(t.metadata.sorted_tables):
                if table.name not in KEPT:
                    tx.execute(table.delete())
        self.limits = LIMITS if paced else LIFTED
        self.passed = 0  # microseconds that the tables were moved by
        self.flying = []  # what was claimed and has no outcome yet
        self.over = []  # what had an outcome; a late sender may come with another one
        self.names = set()
        self.gone = defaultdict(list)  # when something went out: by conversation, and "" for the account
        self.silent_until = 0

    # --- what happens ---

    @rule(
        step=st.one_of(
            *(st.tuples(st.just(name), st.fixed_dictionaries(how)) for name, how in HAPPENS.items())
        )
    )
    def something_happens(self, step):
        """One rule for all: a run then has everything in it, where several rules are often left out."""
        name, how = step
        getattr(self, name)(**how)

    def a_turn_answers(self, who, said):
        self.town.talks(who, replies=tuple(said))

    def somebody_writes(self, who):
        accepted = self.town.writes(who)
        rows = [row for row in replies(self.town) if row["conversation_id"] == accepted.conversation]
        assert not {row["state"] for row in rows} & {"waiting", "unknown"}

    def a_sender_claims(self, limit, dies):
        before = {(row["conversation_id"], row["place"]): row for row in replies(self.town)}
        with self.town.database.begin() as tx:
            now = now_of(tx) + self.passed
            found = outbox.claim_due(tx, {ACCOUNT: self.limits}, limit, lease_seconds=-1 if dies else 60)
        assert len(found) <= limit
        assert not found or now >= self.silent_until
        for outgoing in found:
            self.goes_out(outgoing, before, now)
        self.flying += found

    def goes_out(self, outgoing, before, now):
        key = (outgoing.conversation, outgoing.place)
        row = before[key]
        assert (*key, outgoing.attempts) not in self.names
        self.names.add((*key, outgoing.attempts))
        assert row["state"] == "queued" or (row["state"] == "unknown" and row["asks"] and row["doubts"] == 1)
        assert now - self.passed >= row["due_at"]
        earlier = [
            other["state"]
            for (talk, place), other in before.items()
            if talk == outgoing.conversation and place < outgoing.place
        ]
        assert not {"queued", "sending"} & set(earlier)
        self.gone[outgoing.conversation].append(now)
        self.gone[""].append(now)

    def a_sender_says_what_became_of_it(self, pick, state, after, hold, late):
        among = self.over if late else self.flying
        if not among:
            return
        outgoing = among[pick % len(among)]
        key = (outgoing.programme, outgoing.conversation, outgoing.place)
        told = Outcome(*key, state, after, hold, f"id{outgoing.name}", "because", attempt=outgoing.attempts)
        with self.town.database.begin() as tx:
            if hold:
                self.silent_until = max(self.silent_until, now_of(tx) + self.passed + hold * SECOND)
            outbox.mark(tx, [told])
        if not late:
            self.flying.remove(outgoing)
            self.over.append(outgoing)

    def a_sender_does_its_work(self, state):
        before = len(self.flying)
        self.a_sender_claims(1, dies=False)
        if len(self.flying) > before:
            self.a_sender_says_what_became_of_it(before, state, 5, 0, late=False)

    def somebody_looks_after_dead_senders(self):
        with self.town.database.begin() as tx:
            outbox.recover(tx)

    def the_platform_tells(self, pick, state, named):
        seen = self.flying + self.over
        if seen:
            name = seen[pick % len(seen)].name
            notes(self.town, status(f"id{name}", state, name=name if named else ""))

    def time_passes(self, seconds):
        time_passes(self.town, seconds)
        self.passed += seconds * SECOND

    # --- what always holds ---

    @invariant()
    def the_oracle_is_content(self):
        if hasattr(self, "limits"):
            with self.town.database.read() as tx:
                found = [str(one) for one in oracle.violations(tx)]
            # A lease that ended is looked after later.
            assert [one for one in found if "sending for too long" not in one] == []

    @invariant()
    def nothing_is_lost(self):
        if hasattr(self, "limits"):
            dead = sum(row["state"] == "dead" for row in replies(self.town))
            assert len(self.town.rows(t.dead_letter)) == dead

    @invariant()
    def no_limit_is_passed(self):
        if not hasattr(self, "limits") or self.limits is LIFTED:
            return
        for talk, gone in self.gone.items():
            every, burst = (
                (LIMITS.person_every, LIMITS.person_burst)
                if talk
                else (LIMITS.account_every, LIMITS.account_burst)
            )
            for first in range(len(gone)):
                for last in range(first + 1, len(gone)):
                    seconds = (gone[last] - gone[first]) / SECOND
                    assert last - first + 1 <= burst + math.floor(seconds / every + 0.01)

    def teardown(self):
        """In the end everything has an end: whoever sends, sends it all."""
        if not hasattr(self, "limits"):
            return
        for _ in range(100):
            if outbox_is_quiet(self.town) and not self.flying:
                break
            self.somebody_looks_after_dead_senders()
            self.a_sender_claims(4, dies=False)
            while self.flying:
                self.a_sender_says_what_became_of_it(0, "sent", 0, 0, late=False)
            self.time_passes(3_000)
        left = {row["state"] for row in replies(self.town)} - {"sent", "dead"}
        assert left <= {"unknown"}
        assert all(row["due_at"] is None for row in replies(self.town))
        assert outbox_is_quiet(self.town)


def outbox_is_quiet(town) -> bool:
    with town.database.read() as tx:
        return outbox.next_due(tx, {ACCOUNT: LIFTED}) is None


def test_whatever_happens_nothing_is_lost_and_order_and_limits_are_kept(town):
    machine = type("Here", (Sending,), {"town": town})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=30 if town.database.is_sqlite else 12,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
