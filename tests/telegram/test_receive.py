"""What we understand of Telegram's updates. Payloads have the form that the Bot API documents."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.delivery import Courtesy
from bot.channels.telegram.receive import read
from flows.values import Inbound
from store.inbox import Address
from tests.telegram.conftest import ACCOUNT

Json = dict[str, Any]

ANA: Json = {"id": 7001, "is_bot": False, "first_name": "Ana", "language_code": "es"}
PRIVATE: Json = {"id": 7001, "type": "private", "first_name": "Ana"}
GROUP: Json = {"id": -100200, "type": "supergroup", "title": "Market"}
NOW = 1_700_000_000_000_000


def message(id: int = 5, chat: Json = PRIVATE, **content: Any) -> Json:
    return {"message_id": id, "date": 1700000000, "chat": chat, "from": ANA, **content}


def update(kind: str, body: Any, number: int = 900) -> Json:
    return {"update_id": number, kind: body}


def written(**content: Any) -> Json:
    return update("message", message(**content))


def pressed(**more: Any) -> Json:
    query = {"id": "q1", "from": ANA, "chat_instance": "9", "data": "7:yes", "message": message(4)}
    return update("callback_query", {**query, **more})


def inbound_of(one: Any) -> Inbound:
    delivery = read([one], ACCOUNT, NOW)
    assert not delivery.unreadable
    (arrival,) = delivery.arrivals
    return arrival.inbound


def is_left_alone(one: Any) -> bool:
    delivery = read([one], ACCOUNT, NOW)
    return not delivery.arrivals and not delivery.unreadable


def test_words_come_from_her_chat_with_a_key_of_their_own() -> None:
    (arrival,) = read([written(text="hola")], ACCOUNT, NOW).arrivals
    assert arrival.address == Address("telegram", "7001")
    assert (arrival.programme, arrival.account, arrival.received_at) == ("pe", "telegram/default", NOW)
    assert (arrival.inbound.key, arrival.inbound.kind, arrival.inbound.text) == (
        "m:7001:5:0",
        "message",
        "hola",
    )
    assert len(arrival.inbound.seed) == 32


def test_each_inbound_has_its_own_chance() -> None:
    first, second = read([written(text="a"), written(text="a")], ACCOUNT, NOW).arrivals
    assert first.inbound.seed != second.inbound.seed
    assert first.inbound.key == second.inbound.key


@pytest.mark.parametrize(
    ("text", "understood"),
    [
        ("/menu", "/menu"),
        ("/help@pasito_bot", "/help"),
        ("/help@pasito_bot please", "/help please"),
        ("write to ana@example.org", "write to ana@example.org"),
        ("zero\x00and\x1bescape", "zero and escape"),
        ("/startled", "/startled"),
        ("half \ud83d emoji", "half ? emoji"),
    ],
)
def test_commands_and_words_are_text(text: str, understood: str) -> None:
    inbound = inbound_of(written(text=text))
    assert (inbound.kind, inbound.text) == ("message", understood)


def test_a_very_long_text_is_cut() -> None:
    assert len(inbound_of(written(text="a" * 9000)).text) == 4096


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("/start", {"language": "es"}),
        ("/start@pasito_bot", {"language": "es"}),
        ("/start es-PE_market-day", {"language": "es-PE", "campaign": "market-day"}),
        ("/start market", {"language": "es", "campaign": "market"}),
        ("/start _market_day", {"language": "es", "campaign": "market_day"}),
        ("/start qu_", {"language": "qu"}),
        ("/start <script>", {"language": "es"}),
        ("/start " + "x" * 65, {"language": "es"}),
    ],
)
def test_a_link_carries_language_and_campaign(text: str, data: Json) -> None:
    inbound = inbound_of(written(text=text))
    assert (inbound.kind, inbound.text, inbound.data) == ("start", "", data)


def test_somebody_without_a_language_starts_all_the_same() -> None:
    body = message(text="/start")
    del body["from"]
    assert inbound_of(update("message", body)).data == {}


@pytest.mark.parametrize(
    ("content", "media"),
    [
        ({"photo": [{"file_id": "f", "width": 1, "height": 1}]}, "photo"),
        ({"sticker": {"file_id": "f", "emoji": "👍"}}, "sticker"),
        ({"voice": {"file_id": "f", "duration": 2}}, "voice"),
        ({"location": {"latitude": 1.0, "longitude": 2.0}}, "location"),
        ({"venue": {"title": "Market"}, "location": {"latitude": 1.0, "longitude": 2.0}}, "location"),
        ({"contact": {"phone_number": "+51999", "first_name": "Ben"}}, "contact"),
        ({"document": {"file_id": "f"}}, "file"),
        ({"video_note": {"file_id": "f"}}, "file"),
        ({"audio": {"file_id": "f"}}, "file"),
        ({"dice": {"emoji": "🎲", "value": 3}}, "other"),
    ],
)
def test_what_is_no_words_is_named(content: Json, media: str) -> None:
    inbound = inbound_of(written(**content))
    assert (inbound.media, inbound.text, inbound.choice) == (media, "", None)


def test_a_phone_number_that_she_shares_is_not_kept() -> None:
    delivery = read([written(contact={"phone_number": "+51999888777", "first_name": "Ben"})], ACCOUNT, NOW)
    assert "999888777" not in repr(delivery)


def test_words_below_a_picture_are_read() -> None:
    inbound = inbound_of(written(photo=[{"file_id": "f"}], caption="12"))
    assert (inbound.media, inbound.text) == ("photo", "12")


def test_changed_words_are_no_answer_to_the_question_that_waits_now() -> None:
    inbound = inbound_of(update("edited_message", message(text="21", edit_date=1700000009)))
    assert (inbound.key, inbound.media, inbound.text) == ("m:7001:5:1700000009", "edited", "")


def test_a_place_that_moves_asks_for_no_answer() -> None:
    moved = message(location={"latitude": 1.0, "longitude": 2.0}, edit_date=1700000009)
    assert is_left_alone(update("edited_message", moved))


def test_a_press_is_a_choice_and_is_to_be_answered() -> None:
    delivery = read([pressed()], ACCOUNT, NOW)
    (arrival,) = delivery.arrivals
    assert (arrival.inbound.key, arrival.inbound.choice) == ("cb:q1", "7:yes")
    assert arrival.address == Address("telegram", "7001")
    assert delivery.courtesies == (Courtesy("telegram/default", "pressed", "q1", "7001", "4"),)


@pytest.mark.parametrize(
    "more",
    [{"message": None}, {"message": message(4, GROUP)}, {"data": None}, {"data": 7}],
    ids=["a message that is gone", "in a group", "a game", "no text"],
)
def test_a_press_that_says_nothing_to_us_is_answered_and_no_more(more: Json) -> None:
    delivery = read([pressed(**more)], ACCOUNT, NOW)
    assert not delivery.arrivals
    assert not delivery.unreadable
    assert delivery.courtesies == (Courtesy("telegram/default", "pressed", "q1", ""),)


def test_who_blocks_the_bot_wants_no_more_messages() -> None:
    change = {"chat": PRIVATE, "from": ANA, "date": 1, "new_chat_member": {"status": "kicked"}}
    inbound = inbound_of(update("my_chat_member", change))
    assert (inbound.key, inbound.kind, inbound.data) == ("u:900", "command", {"flow": "stop"})


def test_who_lets_us_write_again_is_waited_for() -> None:
    assert is_left_alone(
        update("my_chat_member", {"chat": PRIVATE, "from": ANA, "new_chat_member": {"status": "member"}})
    )


@pytest.mark.parametrize(
    "one",
    [
        update("message", message(chat=GROUP, text="hola")),
        update("edited_message", message(chat=GROUP, text="hola", edit_date=3)),
        update("my_chat_member", {"chat": GROUP, "new_chat_member": {"status": "member"}}),
        update("channel_post", message(text="news")),
        update("message_reaction", {"chat": PRIVATE}),
        update("something_of_next_year", {"a": 1}),
        written(pinned_message=message(4, text="x")),
        written(message_auto_delete_timer_changed={"message_auto_delete_time": 1}),
        {"update_id": 3},
    ],
)
def test_what_is_not_for_us_is_left_alone(one: Json) -> None:
    assert is_left_alone(one)


@pytest.mark.parametrize(
    ("one", "key"),
    [
        (update("message", "hola"), "u:900"),
        (update("message", {"text": "hola"}), "u:900"),
        (update("message", {"message_id": 1, "chat": {"type": "private"}, "text": "hola"}), "u:900"),
        (update("message", {"chat": PRIVATE, "text": "hola"}), "u:900"),
        (written(id=True, text="hola"), "u:900"),
        (written(id=10**30, text="hola"), "u:900"),
        (written(text=7), "u:900"),
        (update("edited_message", message(text="21")), "u:900"),
        (update("callback_query", {"from": ANA, "data": "7:yes"}), "u:900"),
        (pressed(message={"chat": PRIVATE}), "u:900"),
    ],
)
def test_what_telegram_does_not_promise_is_told_to_the_operator(one: Json, key: str) -> None:
    delivery = read([one], ACCOUNT, NOW)
    assert not delivery.arrivals
    (problem,) = delivery.unreadable
    assert (problem.programme, problem.account, problem.key) == ("pe", "telegram/default", key)
    assert "hola" not in problem.reason


@pytest.mark.parametrize("one", [None, 7, "hola", ["hola"], {"message": []}])
def test_what_has_no_number_is_named_by_its_hash(one: Any) -> None:
    (problem,) = read([one], ACCOUNT, NOW).unreadable
    assert problem.key.startswith("h:")
    assert len(problem.key) == 34


def test_one_bad_update_does_not_stop_the_others() -> None:
    delivery = read([written(text="a"), {"message": 7}, pressed(), None, written(text="b")], ACCOUNT, NOW)
    assert [a.inbound.text or a.inbound.choice for a in delivery.arrivals] == ["a", "7:yes", "b"]
    assert len(delivery.unreadable) == 2


# --- whatever comes, nothing breaks ------------------------------------------------------------------------

_json: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
_NAMES = (
    "message_id", "chat", "from", "text", "caption", "photo", "id", "data", "type", "edit_date", "message",
    "new_chat_member", "status", "language_code",
)  # fmt: skip
_half_right = st.recursive(
    _json | st.sampled_from(["private", "kicked", "/start es_x", 7001, {"id": 7001, "type": "private"}]),
    lambda inner: st.dictionaries(st.sampled_from(_NAMES), inner, max_size=6),
    max_leaves=12,
)
_updates = st.dictionaries(
    st.sampled_from(["update_id", "message", "edited_message", "callback_query", "my_chat_member"]),
    _half_right,
)


@given(st.lists(_json | _updates, max_size=3))
def test_nothing_that_comes_breaks_the_parser(updates: list[Any]) -> None:
    delivery = read(updates, ACCOUNT, NOW)
    for arrival in delivery.arrivals:
        assert arrival.address
        arrival.inbound.key.encode()
        arrival.inbound.text.encode()
        (arrival.inbound.choice or "").encode()
        str(arrival.inbound.data).encode()
    for problem in delivery.unreadable:
        (problem.key + problem.reason).encode()
