"""Who may ask what: the table of operations and credentials."""

from __future__ import annotations

import pytest

from store import keys
from tests.api.serving import bearer, is_problem, now, played

OPERATIONS = {
    ("GET", "/v1/summary"): "operator",
    ("POST", "/v1/events"): "events",
}
# Whose credential, and what each operation answers to it.
MATRIX = [
    ("nobody", 401, 401),
    ("another way to sign in", 401, 401),
    ("an empty key", 401, 401),
    ("a made-up key", 401, 401),
    ("a key with one letter changed", 401, 401),
    ("a key that was revoked", 401, 401),
    ("a key that has expired", 401, 401),
    ("a key in capitals", 401, 401),
    ("a very long key", 401, 401),
    ("a key without scopes", 403, 403),
    ("the operator's key", 200, 403),
    ("a reporting party's key", 403, 200),
    ("a key with both scopes", 200, 200),
]


def credential(who, new_key, here):
    both = ("operator", "events")
    if who == "a key that was revoked":
        key = new_key(*both, source="portal")
        with here.database.begin() as tx:
            assert keys.revoke(tx, "base", key.split("_")[1], now())
        return bearer(key)
    good = new_key(*both, source="portal")
    changed = good[:-1] + ("0" if good[-1] != "0" else "1")
    return {
        "nobody": {},
        "another way to sign in": {"authorization": "Basic YW5hOmFuYQ=="},
        "an empty key": {"authorization": "Bearer "},
        "a made-up key": bearer("pasito_'; DROP TABLE api_key; --_x"),
        "a key with one letter changed": bearer(changed),
        "a key that has expired": bearer(new_key(*both, source="portal", expires_at=now() - 1)),
        "a key in capitals": bearer(good.upper()),
        "a very long key": bearer("pasito_" + "a" * 50_000),
        "a key without scopes": bearer(new_key(source="portal")),
        "the operator's key": bearer(new_key("operator")),
        "a reporting party's key": bearer(new_key("events", source="portal")),
        "a key with both scopes": bearer(good),
    }[who]


@pytest.mark.parametrize(("who", "summary", "events"), MATRIX, ids=[row[0] for row in MATRIX])
def test_each_credential_opens_what_it_may_and_nothing_else(who, summary, events, client, new_key, here):
    sent = credential(who, new_key, here)
    answers = {
        ("GET", "/v1/summary"): (client.get("/v1/summary", headers=sent), summary),
        ("POST", "/v1/events"): (
            client.post(
                "/v1/events", headers={**sent, "idempotency-key": "1"}, json={"events": [played("1")]}
            ),
            events,
        ),
    }
    for response, wanted in answers.values():
        assert response.status_code == wanted, response.text
        if wanted == 401:
            assert is_problem(response, 401)["detail"].startswith("Send a valid API key")
            assert response.headers["www-authenticate"] == "Bearer"
        elif wanted == 403:
            is_problem(response, 403)


def test_every_operation_stands_in_the_table(client):
    described = client.get("/v1/openapi.json").json()["paths"]
    found = {(method.upper(), path) for path, methods in described.items() for method in methods}
    assert found == set(OPERATIONS)


def test_a_refused_key_is_not_repeated_in_the_answer(client, new_key):
    key = new_key("events", source="portal")[:-4] + "0000"
    assert key.split("_")[2] not in client.get("/v1/summary", headers=bearer(key)).text


def test_a_made_up_key_does_not_reach_the_database(client, monkeypatch):
    monkeypatch.setattr(keys, "key_of", lambda *_: pytest.fail("it was looked up"))
    assert client.get("/v1/summary", headers=bearer("anything")).status_code == 401


def test_a_key_is_compared_in_constant_time(client, new_key, monkeypatch):
    compared = []
    real = keys.hmac.compare_digest
    monkeypatch.setattr(keys.hmac, "compare_digest", lambda a, b: compared.append((a, b)) or real(a, b))
    key = new_key("operator")
    assert client.get("/v1/summary", headers=bearer(key)).status_code == 200
    assert [len(a) == len(b) == 64 for a, b in compared] == [True]


def test_a_key_sees_its_own_programme_only(client, here, new_key):
    from store.programmes import keep_programme

    with here.database.begin() as tx:
        keep_programme(tx, "vn", zone="Asia/Ho_Chi_Minh", now=now())
        _, foreign = keys.make_key(
            tx, "vn", label="elsewhere", scopes=["operator", "events"], source="portal", now=now()
        )
    sent = {**bearer(foreign), "idempotency-key": "1"}
    client.post("/v1/events", headers=sent, json={"events": [played("1")]})
    assert client.get("/v1/summary", headers=bearer(foreign)).json()["plays"] == 1
    assert client.get("/v1/summary", headers=bearer(new_key("operator"))).json()["plays"] == 0
