"""The web chat's addresses, as a browser, a careless proxy and somebody unfriendly use them."""

from __future__ import annotations

import html
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.bot.conftest import Browse

Json = dict[str, Any]


def begin(browser: TestClient) -> Json:
    """Opens the page as a script does: the welcome is there."""
    answer = browser.get("/web/messages")
    assert answer.status_code == 200
    found: Json = answer.json()
    return found


def post(browser: TestClient, id: str, **body: Any) -> Any:
    return browser.post("/web/messages", json={"client_msg_id": id, **body})


def texts(body: Json) -> list[str]:
    return [message["text"] for message in body["messages"] if message["from"] == "bot"]


def choice(body: Json, place: int = 0) -> str:
    question = next(message for message in reversed(body["messages"]) if "choices" in message)
    value: str = question["choices"][place]["value"]
    return value


def test_a_new_browser_finds_the_welcome(browse: Browse) -> None:
    body = begin(browse())
    assert texts(body)[0].startswith("Hello! I am Pasito.")
    assert body["messages"][-1]["expects"] == {"type": "one"}
    assert body["cursor"] == body["messages"][-1]["id"]


def test_the_page_opened_twice_begins_once(browse: Browse) -> None:
    browser = browse()
    assert begin(browser) == begin(browser)


def test_an_answer_is_answered_in_the_same_request(browse: Browse) -> None:
    browser = browse()
    answer = post(browser, "1", choice=choice(begin(browser)))
    assert answer.status_code == 200
    assert [message["from"] for message in answer.json()["messages"]] == ["person", "bot"]
    assert texts(answer.json())[0].startswith("May I keep your answers")


def test_only_what_is_new_is_fetched(browse: Browse) -> None:
    browser = browse()
    first = begin(browser)
    post(browser, "1", choice=choice(first))
    news = browser.get("/web/messages", params={"after": first["cursor"]}).json()
    assert [message["from"] for message in news["messages"]] == ["person", "bot"]


def test_the_same_message_five_times_has_one_effect_and_one_answer(browse: Browse) -> None:
    browser = browse()
    value = choice(begin(browser))
    answers = [post(browser, "same", choice=value).json() for _ in range(5)]
    assert all(answer == answers[0] for answer in answers)
    assert len(begin(browser)["messages"]) == 5


def test_the_same_id_with_another_body_is_a_conflict(browse: Browse) -> None:
    browser = browse()
    begin(browser)
    post(browser, "1", text="hello")
    answer = post(browser, "1", text="good bye")
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"


def test_two_messages_at_once_are_both_answered_in_some_order(browse: Browse) -> None:
    browser = browse()
    begin(browser)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda n: post(browser, f"at-once-{n}", text="help"), range(2)))
    assert [answer.status_code for answer in answers] == [200, 200]
    said = [message["text"] for message in begin(browser)["messages"] if message["from"] == "person"]
    assert said == ["help", "help"]


def test_a_button_of_an_old_question_gets_a_polite_answer(browse: Browse) -> None:
    browser = browse()
    old = choice(begin(browser))
    post(browser, "1", choice=old)
    answer = post(browser, "2", choice=old)
    assert texts(answer.json())[0].startswith("That button belongs to an earlier question.")


@pytest.mark.parametrize(
    "text",
    ["", "x" * 100_000, "\x00\x01\x02", "👍" * 50, "مرحبا بكم", "‮evil", "\ud83d", "' OR 1=1 --", "<script>"],
)
def test_any_text_gets_a_calm_answer(browse: Browse, text: str) -> None:
    browser = browse()
    begin(browser)
    body = {"client_msg_id": "1", "text": text}
    import json

    answer = browser.post(
        "/web/messages", content=json.dumps(body).encode(), headers={"content-type": "application/json"}
    )
    assert answer.status_code in (200, 422)
    if answer.status_code == 200:
        assert texts(answer.json())
    assert post(browser, "2", text="1").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"", b"not json", b"[]", b"null", b'{"text": "hi"}', b'{"client_msg_id": "1"}',
        b'{"client_msg_id": 1, "text": "hi"}', b'{"client_msg_id": "1", "text": 7}',
        b'{"client_msg_id": "1", "text": "a", "choice": "b"}', b'{"client_msg_id": "1", "choices": []}',
        b'{"client_msg_id": "../../x", "text": "a"}', b'{"client_msg_id": "1", "text": "a", "more": 1}',
        b"\xff\xfe", b"{" * 10_000,
    ],
)  # fmt: skip
def test_a_body_of_another_form_is_a_problem_and_changes_nothing(browse: Browse, body: bytes) -> None:
    browser = browse()
    before = begin(browser)
    answer = browser.post("/web/messages", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["detail"]
    assert begin(browser) == before


def test_a_body_too_large_is_refused(browse: Browse) -> None:
    browser = browse()
    begin(browser)
    answer = browser.post(
        "/web/messages", content=b"x" * 4_000_000, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 413


def test_another_content_type_is_refused(browse: Browse) -> None:
    browser = browse()
    begin(browser)
    answer = browser.post("/web/messages", content=b"hello", headers={"content-type": "text/plain"})
    assert answer.status_code == 415


@pytest.mark.parametrize(
    "cookie", ["", "x", "x.y", "a" * 5000, "r-36zhg36Me_s0qQy-JTug.678feff62c2d4da34b78a5cd53275437"]
)
def test_a_cookie_that_is_not_ours_opens_nothing(browse: Browse, cookie: str) -> None:
    browser = browse()
    answer = browser.post(
        "/web/messages", json={"client_msg_id": "1", "text": "hi"}, headers={"cookie": f"pasito={cookie}"}
    )
    assert answer.status_code == 403


def test_a_form_from_another_page_is_refused(browse: Browse) -> None:
    browser = browse()
    begin(browser)
    forged = browser.post("/web/messages", data={"client_msg_id": "1", "text": "delete", "token": "guess"})
    assert forged.status_code == 403
    crossed = browser.post(
        "/web/messages",
        json={"client_msg_id": "2", "text": "delete"},
        headers={"sec-fetch-site": "cross-site"},
    )
    assert crossed.status_code == 403
    assert len(begin(browser)["messages"]) == 3


def test_without_script_the_form_leads_on(browse: Browse) -> None:
    browser = browse()
    page = browser.get("/").text
    fields = dict(re.findall(r'name="(client_msg_id|token)" value="([^"]+)"', page))
    value = html.unescape(re.findall(r'name="choice" value="([^"]+)"', page)[0])
    answer = browser.post("/web/messages", data={**fields, "choice": value})
    assert answer.history[0].status_code == 303
    assert "May I keep your answers" in html.unescape(answer.text)


def test_who_deletes_everything_meets_us_as_a_stranger(browse: Browse) -> None:
    browser = browse()
    body = begin(browser)
    for number, place in enumerate((0, 0, 0, 0, 2)):
        body = post(browser, f"a{number}", choice=choice(body, place)).json()
    asked = post(browser, "delete", text="delete everything").json()
    done = post(browser, "yes", choice=choice(asked)).json()
    assert "deleted" in " ".join(texts(done) or texts(begin(browser)))
    again = post(browser, "hello", text="hello").json()
    assert texts(again)[0].startswith("Hello! I am Pasito.")


def test_her_words_are_there_after_closing_the_page(browse: Browse) -> None:
    browser = browse()
    post(browser, "1", choice=choice(begin(browser)))
    page = html.unescape(browser.get("/").text)
    assert "For my own business or idea" in page
    assert "May I keep your answers" in page


def test_every_answer_carries_the_security_headers(browse: Browse) -> None:
    browser = browse()
    for path in ("/", "/web/messages", "/nowhere", "/web/static/chat.js", "/v1/summary"):
        headers = browser.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"], path
        assert headers["x-content-type-options"] == "nosniff", path


def test_the_chat_is_not_kept_by_caches(browse: Browse) -> None:
    browser = browse()
    assert browser.get("/").headers["cache-control"] == "private, no-store"
    assert browser.get("/web/messages").headers["cache-control"] == "private, no-store"
