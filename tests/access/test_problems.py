"""Every error leaves in one shape, with the headers, and shows nothing of our insides."""

from __future__ import annotations

import logging

import pytest

from access import bodies
from store.errors import WriterBusyError
from tests.api.serving import bearer, is_problem, played


@pytest.fixture
def sent(new_key):
    return {**bearer(new_key("operator", "events", source="portal")), "idempotency-key": "1"}


@pytest.mark.parametrize(
    "path", ["/nowhere", "/v1", "/v1/nothing", "/web/static/../../secret", "/web/static/x.js"]
)
def test_an_unknown_address_is_a_problem(client, path):
    assert is_problem(client.get(path), 404)["detail"] == "There is nothing at this address."


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH", "POST"])
def test_a_method_that_is_not_taken_names_those_that_are(client, method):
    response = client.request(method, "/v1/summary")
    is_problem(response, 405)
    assert response.headers["allow"] == "GET"


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"hola", b"\xff\xfe\x00", b'{"events": [NaN', b"[" * 100_000, b"{'events': []}"],
)
def test_a_body_that_is_not_json_is_said_to_be_none(client, sent, body):
    response = client.post("/v1/events", headers={**sent, "content-type": "application/json"}, content=body)
    is_problem(response, 422 if body == b"" else 400)


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "nonsense", None],
)
def test_another_content_type_is_refused(client, sent, kind):
    headers = {**sent, **({"content-type": kind} if kind else {})}
    response = client.post("/v1/events", headers=headers, content=b'{"events": []}')
    assert is_problem(response, 415)["detail"] == "Send the body as application/json."


@pytest.mark.parametrize("path", ["/v1/events", "/web/messages", "/v1/summary", "/nowhere"])
def test_too_large_a_body_is_refused_before_it_is_read(client, sent, path):
    response = client.post(path, headers=sent, content=b" " * (bodies.MOST_BYTES + 1))
    is_problem(response, 413)


def test_too_large_a_body_without_a_declared_length_is_refused_as_well(client, sent):
    def pieces():
        for _ in range(bodies.MOST_BYTES // 100_000 + 1):
            yield b" " * 100_000

    headers = {**sent, "content-type": "application/json"}
    is_problem(client.post("/v1/events", headers=headers, content=pieces()), 413)


def test_a_body_just_within_the_limit_is_read(client, sent):
    padding = b" " * (bodies.MOST_BYTES - 14)
    headers = {**sent, "content-type": "application/json"}
    is_problem(client.post("/v1/events", headers=headers, content=b'{"events": []}' + padding), 422)


def test_what_nobody_expected_shows_nothing_of_our_insides(client, sent, monkeypatch, caplog):
    def broken(*_):
        raise KeyError("the canary of our insides")

    monkeypatch.setattr("analytics.summary.summarise", broken)
    with caplog.at_level(logging.ERROR):
        response = client.get("/v1/summary", headers=sent)
    is_problem(response, 500)
    assert "canary" not in response.text
    assert "KeyError" not in response.text
    assert [r.getMessage() for r in caplog.records if r.name == "access.problems"] == [
        "A request failed: GET /v1/summary"
    ]


def test_when_too_much_waits_to_be_written_a_client_may_come_again(client, sent, here, monkeypatch):
    def busy(*_, **__):
        raise WriterBusyError("Too much waits.")

    monkeypatch.setattr(type(here.writer), "call", busy)
    response = client.post("/v1/events", headers=sent, json={"events": [played("1")]})
    is_problem(response, 503)
    assert response.headers["retry-after"] == "5"


def test_a_name_that_a_client_made_up_comes_back_short(client, sent):
    said = is_problem(client.post("/v1/events", headers=sent, json={"events": [], "x" * 10_000: 1}), 422)
    assert {error["at"] for error in said["errors"]} == {"body/events", f"body/{'x' * 64}"}


@pytest.mark.parametrize(
    "body", [b'{"\\ud800": 1}', b'{"events": [{"id": "\\ud800"}]}', b'{"events": 1e999}']
)
def test_half_a_character_or_no_number_is_a_problem_like_any_other(client, sent, body):
    headers = {**sent, "content-type": "application/json"}
    is_problem(client.post("/v1/events", headers=headers, content=body), 422)


def test_a_thousand_mistakes_do_not_make_a_thousand_sentences(client, sent):
    events = [{**played(str(n)), f"x{n}": 1} for n in range(500)]
    said = is_problem(client.post("/v1/events", headers=sent, json={"events": events}), 422)
    assert len(said["errors"]) == 100


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/v1/openapi.json", "/web/static/chat.css", "/nowhere", "/v1/summary"]
)
def test_the_headers_are_on_every_answer(client, path):
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert "server" not in headers


def test_figures_and_errors_are_never_kept_by_a_cache(client, sent):
    assert client.get("/v1/summary", headers=sent).headers["cache-control"] == "private, no-store"
    assert client.get("/v1/summary").headers["cache-control"] == "no-store"
