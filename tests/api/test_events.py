"""POST /v1/events: strict, all or nothing, counted once, and nobody's name is kept."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text

from api.shapes import MOST_EVENTS, OUTSIDE
from store import tables as t
from tests.api.serving import ago, bearer, is_problem, played


@pytest.fixture
def key(new_key):
    return new_key("events", source="portal")


@pytest.fixture
def post(client, key):
    """Posts a batch; without a name, each under an idempotency key of its own."""
    count = iter(range(10_000))

    def send(*events, name=None, key=key):
        headers = {**bearer(key), "idempotency-key": name or f"batch-{next(count)}"}
        return client.post("/v1/events", headers=headers, json={"events": list(events)})

    return send


def rows(here, table):
    with here.database.read() as tx:
        return [dict(row) for row in tx.execute(select(table)).mappings()]


# --- what is accepted -----------------------------------------------------------------------------

DATA = {
    "visit_started": {},
    "person_registered": {"org_type": "msme", "sector": "retail"},
    "profile_answered": {"field": "size", "value": "one"},
    "diagnostic_started": {"mode": "quick"},
    "diagnostic_completed": {"mode": "quick", "level": None, "overall": 41.5, "minutes": 4},
    "item_assigned": {"gap": "findable", "rank": 1},
    "item_opened": {"gap": "findable"},
    "video_opened": {"film": "V05"},
    "video_played": {"film": "V05"},
    "video_completed": {"film": "V05"},
    "quiz_answered": {"gap": "findable", "right": True, "first": True},
    "action_confirmed": {"gap": "findable", "how": "yes", "evidence": "self"},
    "opted_out": {},
}


def test_every_kind_that_can_be_reported_has_a_case():
    assert set(DATA) == set(OUTSIDE)


def test_every_kind_is_kept_as_it_was_sent(post, here):
    events = [played(kind, kind=kind, data=data, language="es-PE") for kind, data in DATA.items()]
    assert post(*events).json() == {"accepted": len(DATA), "known": 0}
    kept = {row["kind"]: row for row in rows(here, t.event)}
    assert {kind: row["data"] for kind, row in kept.items()} == DATA
    assert {(row["channel"], row["language"]) for row in kept.values()} == {("outside", "es-PE")}


def test_a_pseudonym_becomes_a_person_that_means_nothing_elsewhere(post, here, new_key):
    post(played("1", "ana-in-cusco"))
    post(played("2", "ana-in-cusco"))
    post(played("1", "ana-in-cusco"), key=new_key("events", source="another portal"))
    people = [row["id"] for row in rows(here, t.person)]
    assert len(people) == 2  # the same pseudonym of another source is somebody else
    for table in t.metadata.sorted_tables:
        assert "ana-in-cusco" not in str(rows(here, table))


def test_the_pseudonym_of_a_source_is_the_same_person_under_a_new_key(post, here, new_key):
    post(played("1"))
    post(played("2"), key=new_key("events", source="portal"))
    assert len(rows(here, t.person)) == 1


# --- what is refused ------------------------------------------------------------------------------

REFUSED = [
    ("a kind that does not exist", {"kind": "video_watched"}, "not a kind of event"),
    ("a kind that only we can know", {"kind": "question_answered"}, "not a kind of event"),
    ("a field that does not exist", {"name": "Ana"}, "Extra inputs"),
    ("a person of ours", {"person_id": "1" * 32}, "Extra inputs"),
    ("another programme", {"programme": "vn"}, "Extra inputs"),
    ("data of another kind", {"data": {"film": "V05", "gap": "prices"}}, "'gap' is not a value"),
    ("data that are missing", {"data": {}}, "'film' is missing"),
    ("words instead of a code", {"data": {"film": "call me on 999 999 999"}}, "'film' should be a code"),
    ("a list in the data", {"data": {"film": ["V05"]}}, "text, a number, true, false or null"),
    ("an object in the data", {"data": {"film": {"V05": 1}}}, "text, a number, true, false or null"),
    ("no data but a text", {"data": "V05"}, "valid dictionary"),
    ("too many data", {"data": {f"x{n}": 1 for n in range(11)}}, "at most 10"),
    ("a number out of all bounds",
     {"kind": "item_assigned", "data": {"gap": "prices", "rank": 10**30}}, "'rank' should be a whole number"),
    ("a yes instead of a number",
     {"kind": "item_assigned", "data": {"gap": "prices", "rank": True}}, "'rank' should be a whole number"),
    ("an instant in the future", {"occurred_at": ago(hours=-6)}, "lies in the future"),
    ("an instant long ago", {"occurred_at": ago(days=731)}, "more than two years back"),
    ("the last instant there is", {"occurred_at": "9999-12-31T23:59:59-23:59"}, "lies in the future"),
    ("an instant without a zone", {"occurred_at": "2026-11-21T09:30:00"}, "should be an instant"),
    ("a number as an instant", {"occurred_at": 1_795_000_000}, "should be an instant"),
    ("a day that does not exist", {"occurred_at": "2026-02-30T09:30:00Z"}, "datetime"),
    ("an empty id", {"id": ""}, "at least 1"),
    ("an id with a space", {"id": "a b"}, "match pattern"),
    ("an id with a line end", {"id": "a\n"}, "match pattern"),
    ("a long id", {"id": "x" * 65}, "at most 64"),
    ("a long pseudonym", {"pseudonym": "x" * 129}, "at most 128"),
    ("a number as pseudonym", {"pseudonym": 4711}, "valid string"),
    ("a language that is none", {"language": "Spanish"}, "match pattern"),
    ("a test that is perhaps one", {"is_test": "yes"}, "valid boolean"),
]  # fmt: skip


@pytest.mark.parametrize(("more", "sentence"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_does_not_fit_is_refused_with_its_place(post, here, more, sentence):
    said = is_problem(post(played("1"), {**played("2"), **more}), 422)
    assert all(error["at"].startswith("body/events/1") for error in said["errors"])
    assert any(sentence in error["message"] for error in said["errors"]), said["errors"]
    assert rows(here, t.event) == rows(here, t.person) == []


def test_all_problems_come_at_once(post):
    wrong = {"data": {"film": "no such thing", "gap": 1}, "occurred_at": ago(days=-1)}
    said = is_problem(post(played("1", **wrong), played("1", kind="nothing")), 422)
    assert [(error["at"], error["message"][:20]) for error in said["errors"]] == [
        ("body/events/0", "'gap' is not a value"),
        ("body/events/0", "'film' should be a c"),
        ("body/events/0", "'occurred_at' lies i"),
        ("body/events/1", "'nothing' is not a k"),
        ("body/events/1", "The id '1' stands tw"),
    ]


@pytest.mark.parametrize("body", [[], {}, {"events": []}, {"events": {}}, {"events": [None]}, "x", 1])
def test_a_batch_of_another_shape_is_refused(client, key, body):
    headers = {**bearer(key), "idempotency-key": "1"}
    is_problem(client.post("/v1/events", headers=headers, json=body), 422)


def test_a_batch_has_at_most_500_events(post):
    assert post(*(played(str(n)) for n in range(MOST_EVENTS))).json()["accepted"] == MOST_EVENTS
    is_problem(post(*(played(str(n)) for n in range(MOST_EVENTS + 1))), 422)


def test_a_number_that_is_none_is_refused(client, key):
    body = b"""{"events": [{"id": "1", "pseudonym": "ana", "kind": "diagnostic_completed",
        "occurred_at": "%s", "data": {"mode": "quick", "level": null, "overall": NaN, "minutes": 1e999}}]}"""
    headers = {**bearer(key), "idempotency-key": "1", "content-type": "application/json"}
    said = is_problem(client.post("/v1/events", headers=headers, content=body % ago(days=1).encode()), 422)
    assert len(said["errors"]) == 2


def test_a_key_without_a_source_cannot_report(post, new_key):
    is_problem(post(played("1"), key=new_key("events")), 403)


# --- once -----------------------------------------------------------------------------------------


def test_a_batch_that_comes_again_is_answered_as_before_and_has_no_second_effect(post, here):
    batch = played("1"), played("2")
    first = post(*batch, name="monday")
    again = post(*batch, name="monday")
    assert first.json() == again.json() == {"accepted": 2, "known": 0}
    assert len(rows(here, t.event)) == 2


def test_the_same_key_with_another_batch_is_a_conflict(post, here):
    post(played("1"), name="monday")
    is_problem(post(played("2"), name="monday"), 409)
    assert len(rows(here, t.event)) == 1


def test_an_event_is_counted_once_under_whatever_key_it_comes(post, here):
    post(played("1"))
    assert post(played("1"), played("2")).json() == {"accepted": 1, "known": 1}
    assert len(rows(here, t.event)) == 2


def test_the_same_idempotency_key_of_another_api_key_is_another(post, new_key):
    post(played("1"), name="monday")
    other = new_key("events", source="another portal")
    assert post(played("2"), name="monday", key=other).json() == {"accepted": 1, "known": 0}


def test_a_batch_that_was_refused_may_be_sent_again_mended_under_the_same_key(post):
    is_problem(post(played("1", kind="nothing"), name="monday"), 422)
    assert post(played("1"), name="monday").json() == {"accepted": 1, "known": 0}


def test_without_an_idempotency_key_nothing_is_taken(client, key, here):
    said = is_problem(client.post("/v1/events", headers=bearer(key), json={"events": [played("1")]}), 422)
    assert said["errors"][0]["at"] == "header/idempotency-key"
    assert rows(here, t.event) == []


@pytest.mark.parametrize("name", ["x" * 65, "a b", "é"])
def test_an_idempotency_key_of_another_form_is_refused(client, key, name):
    headers = [(b"authorization", f"Bearer {key}".encode()), (b"idempotency-key", name.encode())]
    is_problem(client.post("/v1/events", headers=headers, json={"events": [played("1")]}), 422)


def test_twenty_at_the_same_time_have_one_effect(post, here):
    batch = [played(str(n)) for n in range(5)]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: post(*batch, name="monday"), range(20)))
    assert [answer.status_code for answer in answers] == [200] * 20
    assert {answer.text for answer in answers} == {answers[0].text}
    assert answers[0].json() == {"accepted": 5, "known": 0}
    assert len(rows(here, t.event)) == 5


def test_twenty_different_batches_under_one_key_at_the_same_time_have_one_effect(post, here):
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda n: post(played(str(n)), name="monday"), range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 19
    assert len(rows(here, t.event)) == 1


# --- consent --------------------------------------------------------------------------------------

# No event with a person may be older than that person's consent to statistics, or be without one.
TOO_EARLY = text("""
    SELECT count(*) FROM event LEFT JOIN (
        SELECT programme_id, person_id, min(at) AS since FROM consent
        WHERE purpose = 'statistics' AND given GROUP BY programme_id, person_id
    ) AS agreed USING (programme_id, person_id)
    WHERE event.person_id IS NOT NULL AND (since IS NULL OR event.occurred_at < since)
""")


def test_no_event_is_older_than_the_consent_of_its_person(post, here):
    post(played("1", "ana", occurred_at=ago(days=3)))
    post(played("2", "ana", occurred_at=ago(days=9)))  # reported late
    post(played("3", "ben", occurred_at=ago(minutes=-4)))  # their clock is ahead of ours
    post(played("4", "chen", is_test=True), played("5", "ana"))
    with here.database.begin() as tx:
        assert tx.execute(TOO_EARLY).scalar_one() == 0
        tx.execute(t.consent.update().values(at=t.consent.c.at + 1))
        assert tx.execute(TOO_EARLY).scalar_one() > 0  # it would be seen


def test_a_conversation_writes_no_event_from_before_her_consent(client, here):
    client.get("/")
    for number, said in enumerate(("own", "yes", "yes", "1")):
        client.post("/web/messages", json={"client_msg_id": f"m{number}", "text": said}).raise_for_status()
    assert len(rows(here, t.event)) > 0
    with here.database.read() as tx:
        assert tx.execute(TOO_EARLY).scalar_one() == 0


def test_the_consent_names_who_vouches_for_it(post, here):
    post(played("1"))
    (consent,) = rows(here, t.consent)
    assert consent["text_hash"] == "elsewhere:portal"
