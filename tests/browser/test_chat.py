"""The chat in a real browser, against a scripted server: what Ana sees, and what the server counts."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

WELCOME = "Good morning! Shall we begin?"


@pytest.fixture
def begin(chat_of, say):
    """A conversation of three questions: a choice, several choices, a number."""

    def make(**how):
        return chat_of(
            [
                [say(WELCOME, ("1:yes", "Yes, let us begin"), ("1:later", "Later", "I will write again"))],
                [
                    say(
                        "How do people pay you?",
                        ("2:cash", "Cash"),
                        ("2:wallet", "Phone wallet"),
                        expects="many",
                    )
                ],
                [say("How many people work in it?", expects="number")],
                [say("Thank you.", image={"url": "/pictures/a", "alt": "Where you stand today: Building."})],
            ],
            **how,
        )

    return make


def bubbles(page: Page) -> list[str]:
    return page.locator(".bubble").all_inner_texts()


def test_a_conversation_runs_without_loading_the_page_again(serve, open_page, begin):
    chat = serve(begin())
    page = open_page(chat)
    page.evaluate("window.stays = true")
    page.get_by_role("button", name="Yes, let us begin").click()
    page.get_by_label("Cash").check()
    page.get_by_label("Phone wallet").check()
    page.get_by_role("button", name="Send my choices").click()
    expect(page.locator("#write")).to_have_attribute("inputmode", "decimal")
    page.get_by_label("Your answer", exact=True).fill("about 3")
    page.keyboard.press("Enter")
    expect(page.get_by_role("img", name="Where you stand today: Building.")).to_be_visible()
    assert chat.effects == [{"choice": "1:yes"}, {"choices": ["2:cash", "2:wallet"]}, {"text": "about 3"}]
    assert bubbles(page)[:2] == [WELCOME, "Yes, let us begin"]
    assert page.evaluate("window.stays")


def test_the_buttons_of_an_answered_question_are_gone(serve, open_page, begin):
    page = open_page(serve(begin()))
    page.get_by_role("button", name="Yes, let us begin").click()
    expect(page.get_by_label("Cash")).to_be_visible()
    expect(page.get_by_role("button", name="Later")).to_have_count(0)


@pytest.mark.parametrize("tap", ["thumb", "both events at once", "Enter"])
def test_a_double_tap_is_sent_once(serve, open_page, begin, tap):
    chat = serve(begin())
    page = open_page(chat)
    button = page.get_by_role("button", name="Yes, let us begin")
    if tap == "thumb":
        button.dblclick()
    elif tap == "Enter":
        button.focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
    else:
        button.evaluate("button => { button.click(); button.click(); }")
    expect(page.get_by_label("Cash")).to_be_visible()
    assert len(chat.posts) == 1
    assert not page.get_by_label("Cash").is_checked()


def test_back_pressed_twice_by_a_quick_thumb_goes_back_once(serve, open_page, begin):
    chat = serve(begin())
    page = open_page(chat)
    page.get_by_role("button", name="Back").evaluate("button => { button.click(); button.click(); }")
    expect(page.get_by_label("Cash")).to_be_visible()
    assert chat.effects == [{"text": "Back"}]


def test_several_choices_need_at_least_one_tick(serve, open_page, begin):
    chat = serve(begin())
    page = open_page(chat)
    page.get_by_role("button", name="Yes, let us begin").click()
    page.get_by_role("button", name="Send my choices").click()
    expect(page.get_by_role("status")).to_have_text(re.compile("tick at least one"))
    assert len(chat.posts) == 1


def test_a_request_lost_on_the_way_is_sent_again(serve, open_page, begin):
    chat = serve(begin())
    page = open_page(chat)
    drop_first_post(page, reaches_the_server=False)
    page.get_by_role("button", name="Yes, let us begin").click()
    expect(page.get_by_role("status")).to_have_text(
        "No connection. Your answer is safe here and will be sent."
    )
    expect(page.get_by_label("Cash")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("")
    assert chat.effects == [{"choice": "1:yes"}]


def test_an_answer_lost_on_the_way_has_one_effect(serve, open_page, begin):
    chat = serve(begin())
    page = open_page(chat)
    drop_first_post(page, reaches_the_server=True)
    page.get_by_role("button", name="Yes, let us begin").click()
    expect(page.get_by_label("Cash")).to_be_visible()
    assert len({post["client_msg_id"] for post in chat.posts}) == 1
    assert len(chat.posts) == 2
    assert chat.effects == [{"choice": "1:yes"}]
    assert bubbles(page).count("Yes, let us begin") == 1


def test_an_answer_survives_a_reload_without_connection(serve, open_page, begin):
    chat = serve(begin())
    page = open_page(chat)
    page.route("**/web/messages", lambda route: route.abort("connectionreset"))
    page.get_by_label("Your answer", exact=True).fill("menu")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("No connection")
    page.reload()
    expect(page.locator(".person .bubble")).to_have_text("menu")
    page.unroute("**/web/messages")
    expect(page.get_by_label("Cash")).to_be_visible()
    assert chat.effects == [{"text": "menu"}]
    assert page.evaluate("localStorage.length") == 0


def test_a_reload_before_the_answer_came_shows_every_message_once(serve, open_page, begin):
    chat = serve(begin())
    page = open_page(chat)
    drop_first_post(page, reaches_the_server=True)
    page.get_by_role("button", name="Yes, let us begin").click()
    expect(page.get_by_role("status")).to_contain_text("No connection")
    page.reload()
    expect(page.get_by_label("Cash")).to_be_visible()
    expect(page.locator(".state")).to_have_count(0)
    assert bubbles(page) == [WELCOME, "Yes, let us begin", "How do people pay you?"]


def test_a_reload_keeps_the_conversation(serve, open_page, begin):
    page = open_page(serve(begin()))
    page.get_by_role("button", name="Yes, let us begin").click()
    expect(page.get_by_label("Cash")).to_be_visible()
    before = bubbles(page)
    page.reload()
    assert bubbles(page) == before
    expect(page.get_by_label("Cash")).to_be_visible()


def test_an_accepted_message_is_asked_for_until_the_reply_is_there(serve, open_page, begin):
    chat = serve(begin(slow=True))
    page = open_page(chat)
    page.get_by_role("button", name="Yes, let us begin").click()
    expect(page.locator(".typing")).to_be_visible()
    expect(page.get_by_label("Cash")).to_be_visible()
    expect(page.locator(".typing")).to_be_hidden()
    assert len(chat.posts) == 1
    assert bubbles(page) == [WELCOME, "Yes, let us begin", "How do people pay you?"]


def test_a_conflict_is_told_calmly_and_the_question_comes_back(serve, open_page, begin):
    chat = serve(begin(status=409))
    page = open_page(chat)
    page.get_by_role("button", name="Yes, let us begin").click()
    expect(page.get_by_role("status")).to_have_text("That answer had already arrived.")
    page.get_by_role("button", name="Yes, let us begin").click()
    expect(page.get_by_label("Cash")).to_be_visible()
    assert chat.effects == [{"choice": "1:yes"}]


def test_a_refused_text_returns_to_the_writing_line(serve, open_page, begin):
    chat = serve(begin(status=422))
    page = open_page(chat)
    page.get_by_label("Your answer", exact=True).fill("Three of us")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("status")).to_have_text("This could not be sent. Please try once more.")
    expect(page.locator("#write")).to_have_value("Three of us")
    expect(page.get_by_role("button", name="Later")).to_be_enabled()


def test_news_is_shown_without_an_answer(serve, open_page, begin, say):
    chat = serve(begin())
    page = open_page(chat)
    chat.say([say("Did you write your page?", ("9:yes", "Yes"), ("9:no", "Not yet"))])
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_role("button", name="Not yet")).to_be_visible()
    expect(page.get_by_role("button", name="Later")).to_have_count(0)


def test_news_is_shown_at_once_where_the_server_tells_of_it(serve, open_page, begin, say):
    chat = serve(begin(events=True))
    page = open_page(chat)
    page.wait_for_timeout(300)
    chat.say([say("Did you write your page?", ("9:yes", "Yes"), ("9:no", "Not yet"))])
    expect(page.get_by_role("button", name="Not yet")).to_be_visible(timeout=3000)
    assert chat.looks == 2


def test_keyboard_alone_is_enough(serve, open_page, begin):
    chat = serve(begin())
    page = open_page(chat)
    press_until(page, "Yes, let us begin")
    page.keyboard.press("Enter")
    expect(page.locator("fieldset")).to_be_focused()
    assert focused(page).startswith("How do people pay you?")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    press_until(page, "Send my choices")
    page.keyboard.press("Enter")
    expect(page.locator("#write")).to_be_focused()
    page.keyboard.type("3")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Thank you.")).to_be_visible()
    expect(page.locator("#write")).to_be_focused()
    assert chat.effects == [{"choice": "1:yes"}, {"choices": ["2:cash"]}, {"text": "3"}]


def test_what_has_the_focus_is_never_behind_the_writing_line(serve, open_page, chat_of, say):
    many = [(f"1:c{n}", f"Choice {n}", "with a second line") for n in range(10)]
    page = open_page(serve(chat_of([[say("Which?", *many)]])), viewport={"width": 320, "height": 480})
    for n in range(10):
        press_until(page, f"Choice {n}")
        button = page.locator(":focus").bounding_box()
        line = page.locator(".writing").bounding_box()
        assert button["y"] >= 0
        assert button["y"] + button["height"] <= line["y"]


def test_each_message_has_its_own_language_and_direction(serve, open_page, chat_of, say):
    turns = [[say("Good morning"), say("صباح الخير", ("1:a", "نعم"), lang="ar", dir="rtl")]]
    page = open_page(serve(chat_of(turns)))
    assert page.locator(".bubble").nth(0).get_attribute("lang") == "en"
    assert page.locator(".bubble").nth(1).get_attribute("lang") == "ar"
    assert page.locator(".bubble").nth(1).get_attribute("dir") == "rtl"
    assert page.locator("fieldset").get_attribute("lang") == "ar"


@pytest.mark.parametrize("script", [True, False])
def test_a_film_says_what_it_costs_and_opens_beside_the_chat(serve, open_page, chat_of, say, script):
    film = {"url": "/v/abc", "title": "Let customers find you", "seconds": 64, "bytes": 612_000}
    unknown = {**film, "title": "Ask for a review", "bytes": 0}
    turns = [[say("A film.", video=film), say("Go on?", ("1:y", "Yes"))], [say("Another.", video=unknown)]]
    page = open_page(serve(chat_of(turns)), java_script_enabled=script)
    page.get_by_role("button", name="Yes").click()
    expect(page.locator(".film-facts")).to_have_text(["1:04 min, 0.6 MB", "1:04 min"])
    assert page.locator("video").count() == 0
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Watch the film").first.click()
    assert opened.value.url.endswith("/v/abc")
    expect(page.get_by_text("Ask for a review")).to_be_visible()  # the chat is still there
    assert page.get_by_text("A film.").count() == 0  # its card says all of it


def test_without_script_the_same_conversation_works(serve, open_page, begin):
    chat = serve(begin())
    page = open_page(chat, java_script_enabled=False)
    page.get_by_role("button", name="Yes, let us begin").click()
    assert page.url.endswith("/#answer")
    page.get_by_label("Phone wallet").check()
    page.get_by_role("button", name="Send my choices").click()
    page.get_by_label("Your answer", exact=True).fill("3")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("Thank you.")).to_be_visible()
    page.get_by_role("button", name="Menu").click()
    assert chat.effects == [{"choice": "1:yes"}, {"choices": ["2:wallet"]}, {"text": "3"}, {"text": "Menu"}]


def test_those_who_ask_for_no_motion_see_none(serve, open_page, begin):
    page = open_page(serve(begin()), reduced_motion="reduce")
    assert page.evaluate("getComputedStyle(document.querySelector('.dots i')).animationName") == "none"
    assert page.evaluate("getComputedStyle(document.querySelector('.choice')).transitionDuration") == "0s, 0s"


def drop_first_post(page: Page, *, reaches_the_server: bool) -> None:
    """The first POST ends without an answer; the server has got it or not."""
    dropped = []

    def handle(route: Route) -> None:
        if route.request.method != "POST" or dropped:
            route.fallback()
            return
        dropped.append(True)
        if reaches_the_server:
            route.fetch()
        route.abort("connectionreset")

    page.route("**/web/messages", handle)


def focused(page: Page) -> str:
    """The name a listener hears for what has the focus."""
    return page.evaluate(
        """() => {
            const node = document.activeElement;
            const by = node.getAttribute("aria-labelledby");
            return (by ? document.getElementById(by) : node).textContent.trim();
        }"""
    )


def press_until(page: Page, name: str) -> None:
    for _ in range(30):
        if focused(page).startswith(name):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{name!r} cannot be reached with the Tab key")
