"""GET /v1/summary: every number against a slow count of the events themselves, on both databases."""

from __future__ import annotations

import random
from collections import defaultdict

from sqlalchemy import select

from analytics.summary import STAGES
from store import tables as t
from tests.api.serving import ago, bearer, played
from tests.api.test_events import DATA

FIRMS = 75
# The way of a firm: each does what stands up to some place of it. Most end between two quizzes.
WAY = [kind for kind in DATA if kind not in ("quiz_answered", "action_confirmed")]
KINDS = [*WAY, *["quiz_answered"] * 4, "action_confirmed"]


def made_up(chance, number):
    """An event of one of many persons, each at another stage of her way; some are trials."""
    who = chance.randrange(FIRMS)
    kind = chance.choice(KINDS[: 1 + who % len(KINDS)])
    data = dict(DATA[kind])
    if kind == "item_assigned":
        data["rank"] = chance.randint(1, 3)
    if kind == "quiz_answered":
        data["first"] = chance.random() < 0.7
    return played(
        str(number), f"firm-{who}", kind=kind, data=data, is_test=who % 10 == 0,
        occurred_at=ago(days=chance.randrange(300)),
    )  # fmt: skip


def counted(events):
    """The summary as the domain guide defines it, in the slowest and plainest way."""
    people = defaultdict(list)
    for event in events:
        if not event["is_test"]:
            people[event["person_id"]].append(event)
    total = defaultdict(int)
    stages = [0] * len(STAGES)
    for happened in people.values():
        kinds = [event["kind"] for event in happened]
        total["registered"] += "person_registered" in kinds
        total["visits"] += kinds.count("visit_started")
        total["unique_visits"] += "visit_started" in kinds
        total["diagnostics_started"] += kinds.count("diagnostic_started")
        total["diagnostics_completed"] += kinds.count("diagnostic_completed")
        total["items_opened"] += kinds.count("item_opened")
        total["plays"] += kinds.count("video_played")
        stages[stage(happened, kinds)] += 1
    return {**total, "stages": stages}


def stage(happened, kinds):
    size = max([e["data"]["rank"] for e in happened if e["kind"] == "item_assigned"], default=0)
    done = sum(e["kind"] == "quiz_answered" and e["data"]["first"] for e in happened)
    reached = {
        7: "action_confirmed" in kinds,
        6: size > 0 and done >= size,
        5: size > 0 and done * 2 >= size,
        4: "item_opened" in kinds,
        3: "diagnostic_completed" in kinds,
        2: "diagnostic_started" in kinds,
        1: "person_registered" in kinds,
    }
    return next((number for number, there in reached.items() if there), 0)


def asked(client, key):
    summary = client.get("/v1/summary", headers=bearer(key)).json()
    return {**summary, "stages": [one["persons"] for one in summary["stages"]]}


def test_the_summary_is_what_a_slow_count_of_the_events_gives(client, here, new_key):
    chance, reader, reporter = random.Random(7), new_key("operator"), new_key("events", source="portal")
    for batch in range(4):
        events = [made_up(chance, batch * 250 + n) for n in range(250)]
        headers = {**bearer(reporter), "idempotency-key": f"{batch}"}
        client.post("/v1/events", headers=headers, json={"events": events}).raise_for_status()
        with here.database.read() as tx:
            wanted = counted([dict(row) for row in tx.execute(select(t.event)).mappings()])
        assert asked(client, reader) == wanted
    assert all(wanted["stages"]), "a stage that nobody reached was not tested"
    assert all(wanted.values())


def test_before_anybody_comes_everything_is_nought(client, new_key):
    summary = asked(client, new_key("operator"))
    assert summary.pop("stages") == [0] * 8
    assert set(summary.values()) == {0}


def test_what_is_a_test_is_in_no_figure(client, new_key):
    key = new_key("operator", "events", source="portal")
    events = [played(kind, kind=kind, data=data, is_test=True) for kind, data in DATA.items()]
    headers = {**bearer(key), "idempotency-key": "1"}
    assert client.post("/v1/events", headers=headers, json={"events": events}).json()["accepted"] == len(DATA)
    assert not any(asked(client, key).pop("stages"))
    assert asked(client, key)["plays"] == 0


def test_the_stages_have_their_names(client, new_key):
    stages = client.get("/v1/summary", headers=bearer(new_key("operator"))).json()["stages"]
    assert [(one["stage"], one["name"]) for one in stages] == list(enumerate(STAGES))
