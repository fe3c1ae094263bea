"""Two programmes in one browser: a page speaks only with its own."""

from __future__ import annotations

import json

from playwright.sync_api import expect

WAITING = json.dumps([{"id": "kept-1", "body": {"text": "for pe"}, "shown": "for pe"}])


def test_all_that_a_page_asks_and_sends_names_its_programme(serve, open_page, chat_of, say):
    chat = serve(chat_of([[say("Shall we begin?", ("1:y", "Yes"))], [say("Good.")]], query="?e=pe"))
    page = open_page(chat)
    page.get_by_role("button", name="Yes").click()
    expect(page.get_by_text("Good.")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Good.")).to_be_visible()
    page.wait_for_function(
        "() => performance.getEntriesByName(location.origin + '/web/messages?e=pe&after=m2').length"
    )
    assert {query.get("e") for query in chat.queries} == {"pe"}


def test_what_waits_for_one_programme_is_not_sent_to_another(serve, open_page, chat_of, say):
    chat = serve(chat_of([[say("Your name?", expects="text")], [say("Thank you.")]], query="?e=vn"))
    page = open_page(chat)
    page.evaluate("items => localStorage.setItem('pasito.outbox?e=pe', items)", WAITING)
    page.reload()
    expect(page.get_by_text("Your name?")).to_be_visible()
    expect(page.get_by_text("for pe")).to_have_count(0)
    chat.query = "?e=pe"
    page.reload()
    expect(page.get_by_text("Thank you.")).to_be_visible()
    assert chat.effects == [{"text": "for pe"}]
