"""What runs all the time finds its rows by an index, however many rows there are."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from flows.values import Inbound, Reached
from store import (
    calls,
    campaigns,
    dead_letters,
    deliveries,
    erasure,
    merging,
    outbox,
    settling,
    template_states,
    timers,
    traces,
    uploads,
)
from store import tables as t
from store.inbox import Address, Arrival, accept, claim
from store.outbox import Outcome, Outgoing
from store.pacing import Limits
from store.template_states import TemplateNews
from tests.store.sending import QUESTION, status

LIMITS = dict.fromkeys([("pe", "telegram/default"), ("pe", "whatsapp/default")], Limits(1, 1, 0.03, 30))

PHONE, ID = Address("telegram", "ana"), Address("telegram_id", "x")
ARRIVAL = Arrival(
    "pe", "telegram/default", Inbound("m:9", seed="0" * 32), 1, PHONE, aliases=(ID,), moved_from=ID
)


WORK = {
    "claim": lambda tx, talk: claim(tx, "worker"),
    "timers": lambda tx, talk: timers.wake(tx),
    "campaign": lambda tx, talk: _campaign(tx, talk),
    "stopping": lambda tx, talk: campaigns.is_any_stopping(tx),
    "templates": lambda tx, talk: template_states.note(
        tx, [TemplateNews("pe", "whatsapp/default", "come_back", "es", "status", "PAUSED", 1)]
    ),
    "a template": lambda tx, talk: template_states.why_not(tx, "pe", "come_back", "es", "whatsapp/default"),
    "any timer": lambda tx, talk: timers.is_any_due(tx),
    "accept": lambda tx, talk: accept(tx, [ARRIVAL]),
    "calls": lambda tx, talk: calls.claim_calls(tx),
    "mark": lambda tx, talk: outbox.mark(
        tx, [Outcome("pe", "x", 1, "unknown", hold=1), Outcome("pe", "x", 2, "dead")]
    ),
    "settle": lambda tx, talk: settling.settle(tx, [("pe", "x")]),
    "statuses": lambda tx, talk: deliveries.note(
        tx, [status("id1", "read"), status("id1", "read", name="x:1")]
    ),
    "code": lambda tx, talk: merging.make_code(tx, "pe", "x", 1),
    "join": lambda tx, talk: merging.redeem(tx, "pe", talk, "AAAAAAAA", 1),
    "trace": lambda tx, talk: traces.trace(tx, "pe", traces.code_of(talk)),
    "letters": lambda tx, talk: dead_letters.dead_letters(tx, "pe", source="outbox"),
    "outbox": lambda tx, talk: outbox.claim_due(tx, LIMITS),
    "next due": lambda tx, talk: outbox.next_due(tx, LIMITS),
    "recover": lambda tx, talk: outbox.recover(tx),
    "renew": lambda tx, talk: outbox.renew(
        tx, [Outgoing("pe", "a", "telegram", talk, 1, "1", QUESTION, 1, None)]
    ),
    "upload": lambda tx, talk: uploads.upload_id(tx, "pe", "telegram/default", "a.mp4", 1),
    "new upload": lambda tx, talk: uploads.keep_upload(tx, "pe", "telegram/default", "a.mp4", "f", 1),
    "old upload": lambda tx, talk: uploads.forget_upload(tx, "pe", "telegram/default", "a.mp4", "f"),
    "retire": lambda tx, talk: erasure.retire(tx, now=10**18),
}


def _campaign(tx, talk):
    """A campaign that is planned for one person, due, and taken back."""
    mine = t.conversation.c.programme_id == "pe", t.conversation.c.id == talk
    person = tx.execute(select(t.conversation.c.person_id).where(*mine)).scalar_one()
    body = {"campaign": "fair"}
    campaigns.begin(tx, "pe", "fair", flow="fair", templates=[], now=1)
    campaigns.people(tx, "pe", "", 10)
    campaigns.plan(tx, "pe", "fair", body, [campaigns.Planned(person, talk, 2**60)])
    timer = {"programme_id": "pe", "conversation_id": talk, "person_id": person, "key": "campaign:fair"}
    campaigns.homes(tx, [{**timer, "body": body}])
    campaigns.note(tx, [campaigns.Note("pe", person, talk, Reached("fair", "held"), 1)])
    campaigns.cancelled(tx, [{"programme_id": "pe", "conversation_id": talk}], 1)
    campaigns.counts(tx, "pe", "fair")
    campaigns.planned_at(tx, "pe", "fair")
    campaigns.stop(tx, "pe", "fair", "x")
    campaigns.let_go(tx)


@pytest.mark.parametrize("work", WORK)
def test_no_table_is_read_from_one_end_to_the_other(town, work, count_statements):
    talk = town.talks("ana", replies=(QUESTION,)).conversation
    town.writes("ana")
    with town.database.begin() as tx:
        with count_statements(town.database) as given:
            WORK[work](tx, talk)
        if not town.database.is_sqlite:
            tx.exec_driver_sql(
                "SET LOCAL enable_seqscan = off; SET LOCAL plan_cache_mode = force_generic_plan"
            )
        scans = [(scan, sql) for sql, parameters in given for scan in _scans(tx, sql, parameters)]
    assert given
    assert scans == []


def _scans(tx, sql, parameters):
    """Tables that a statement reads whole."""
    if not sql.lstrip().upper().startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
        return []
    if tx.dialect.name == "sqlite":
        plan = [row[3] for row in tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters)]
        return [
            line for line in plan if line.startswith("SCAN") and " INDEX " not in line and _is_table(line)
        ]
    plan = [row[0] for row in tx.exec_driver_sql(f"EXPLAIN {sql}", parameters)]
    return [line for line in plan if "Seq Scan on" in line]


def _is_table(line):
    """Not a row of the parameter, a subquery, or what was claimed just now."""
    name = line.split()[1].partition("_")[0]
    return name not in ("each", "incoming", "mine", "due", "here", "CONSTANT", "raw")
