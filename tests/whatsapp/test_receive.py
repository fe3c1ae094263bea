"""What we understand of a webhook: a table of payloads, and batches of which every item counts."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.delivery import Courtesy
from bot.channels.whatsapp.receive import read
from store.clock import DAY, SECOND
from store.inbox import Address
from tests.whatsapp.webhooks import (
    NOW,
    PARENT,
    PHONE,
    PHONE_ID,
    SCOPED,
    SECONDS,
    account,
    change,
    contact,
    message,
    one_arrival,
    status,
    webhook,
    why_unreadable,
)

Json = dict[str, Any]


def pressed(kind: str, id: str) -> Json:
    return message("interactive", interactive={"type": kind, kind: {"id": id, "title": "Yes"}})


# --- what she did ------------------------------------------------------------------------------------

# message -> (kind, text, choice, media)
UNDERSTOOD = {
    "words": (message(), ("message", "hola", None, None)),
    "button": (pressed("button_reply", "4:yes"), ("message", "", "4:yes", None)),
    "list": (pressed("list_reply", "4:+1"), ("message", "", "4:+1", None)),
    "template_button": (message("button", button={"payload": "4:yes", "text": "Yes"}), ("message", "", "4:yes", None)),
    "template_words": (message("button", button={"payload": "Yes", "text": "Yes"}), ("message", "Yes", None, None)),
    "image": (message("image", image={"id": "1"}), ("message", "", None, "photo")),
    "caption": (message("image", image={"id": "1", "caption": "mi tienda"}), ("message", "mi tienda", None, "photo")),
    "voice": (message("audio", audio={"id": "1", "voice": True}), ("message", "", None, "voice")),
    "music": (message("audio", audio={"id": "1", "voice": False}), ("message", "", None, "file")),
    "video": (message("video", video={"id": "1"}), ("message", "", None, "file")),
    "document": (message("document", document={"id": "1", "caption": "2"}), ("message", "2", None, "file")),
    "sticker": (message("sticker", sticker={"id": "1"}), ("message", "", None, "sticker")),
    "location": (message("location", location={"latitude": -13.5}), ("message", "", None, "location")),
    "contacts": (message("contacts", contacts=[{"name": {}}]), ("message", "", None, "contact")),
    "order": (message("order", order={"catalog_id": "1"}), ("message", "", None, "other")),
    "form": (message("interactive", interactive={"type": "nfm_reply", "nfm_reply": {}}), ("message", "", None, "other")),
    "unsupported": (message("unsupported", errors=[{"code": 131051}]), ("message", "", None, "other")),
    "tomorrows_kind": (message("hologram", hologram={}), ("message", "", None, "other")),
    "reaction": (message("reaction", reaction={"emoji": "👍", "message_id": "w"}), ("event", "", None, None)),
    "edit": (message("edit", edit={"original_message_id": "w"}), ("message", "", None, "edited")),
    "taken_back": (message("revoke", revoke={"original_message_id": "w"}), ("event", "", None, None)),
    "opened": (message("request_welcome"), ("start", "", None, None)),
}  # fmt: skip


@pytest.mark.parametrize("kind", UNDERSTOOD)
def test_each_kind_of_message_is_understood(kind: str) -> None:
    item, expected = UNDERSTOOD[kind]
    arrival = one_arrival(item)
    inbound = arrival.inbound
    assert (inbound.kind, inbound.text, inbound.choice, inbound.media) == expected
    assert inbound.key == "wamid.1"
    assert len(inbound.seed) == 32
    assert (arrival.programme, arrival.account, arrival.received_at) == ("pe", "whatsapp/default", NOW)
    assert arrival.address == Address("whatsapp", PHONE)


def test_her_name_goes_no_further() -> None:
    delivery = read(webhook(change(messages=[message()], contacts=[contact(scoped=SCOPED)])), account(), NOW)
    assert "Quispe" not in repr(delivery)
    assert "anaquispe" not in repr(delivery)


def test_every_message_is_marked_as_read() -> None:
    items = [message(id="wamid.1"), pressed("button_reply", "4:yes") | {"id": "wamid.2"}]
    delivery = read(webhook(change(messages=items)), account(), NOW)
    expected = [Courtesy("whatsapp/default", "read", f"wamid.{n}", PHONE) for n in (1, 2)]
    assert list(delivery.courtesies) == expected


def test_what_gets_no_answer_shows_no_typing_sign() -> None:
    delivery = read(webhook(change(messages=[message("reaction", reaction={"emoji": "👍"})])), account(), NOW)
    assert delivery.courtesies == ()


def test_control_characters_and_endless_words_are_cleaned() -> None:
    arrival = one_arrival(message(text={"body": "sí\x00" + "x" * 9_000}))
    assert arrival.inbound.text.startswith("sí x")
    assert len(arrival.inbound.text) == 4096


# --- links that begin a talk ---------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["/start es-PE_market", "/Start  es-PE_market "])
def test_a_deep_link_begins_a_talk(words: str) -> None:
    arrival = one_arrival(message(text={"body": words}))
    assert arrival.inbound.kind == "start"
    assert arrival.inbound.data == {"language": "es-PE", "campaign": "market"}


def test_a_link_without_a_code_begins_a_talk() -> None:
    inbound = one_arrival(message(text={"body": "/start"})).inbound
    assert (inbound.kind, inbound.data) == ("start", {})


@pytest.mark.parametrize("words", ["/starting", "please /start", "start"])
def test_other_words_with_start_are_words(words: str) -> None:
    assert one_arrival(message(text={"body": words})).inbound.text == words


def test_an_advertisement_is_a_campaign() -> None:
    arrival = one_arrival(message(referral={"source_id": "ad42", "source_type": "ad", "headline": "Free!"}))
    assert (arrival.inbound.text, arrival.inbound.data) == ("hola", {"campaign": "ad42"})


# --- who she is ----------------------------------------------------------------------------------------

BY_PHONE, BY_ID = Address("whatsapp", PHONE), Address("whatsapp_id", SCOPED)
NOBODY = {"from": None}

# (message, contacts) -> address, aliases
WHO: dict[str, tuple[Json, list[Json], Address, tuple[Address, ...]]] = {
    "phone": (message(), [contact()], BY_PHONE, ()),
    "no_contact": (message(), [], BY_PHONE, ()),
    "both": (message(from_user_id=SCOPED), [contact(scoped=SCOPED)], BY_PHONE, (BY_ID,)),
    "id_in_contact": (message(), [contact(scoped=SCOPED)], BY_PHONE, (BY_ID,)),
    "id_only": (message(**NOBODY, from_user_id=SCOPED), [contact(None, SCOPED)], BY_ID, ()),
    "phone_in_contact": (message(**NOBODY, from_user_id=SCOPED), [contact(PHONE, SCOPED)], BY_PHONE, (BY_ID,)),
    "id_in_from": (message(**{"from": SCOPED}), [contact(SCOPED)], BY_ID, ()),
    "contact_only": (message(**NOBODY), [contact(PHONE, SCOPED)], BY_PHONE, (BY_ID,)),
    "plus": (message(**{"from": "+" + PHONE}), [], BY_PHONE, ()),
    "parent_is_left": (message(from_parent_user_id=PARENT), [], BY_PHONE, ()),
    "parent_alone": (message(**NOBODY, from_parent_user_id=PARENT), [], Address("whatsapp_id", PARENT), ()),
    "others_contact": (message(), [contact("51900000000", "PE.999")], BY_PHONE, ()),
    "two_contacts": (message(), [contact("51900000000", "PE.9"), contact(PHONE, SCOPED)], BY_PHONE, (BY_ID,)),
}  # fmt: skip


@pytest.mark.parametrize("case", WHO)
def test_she_is_known_by_phone_or_by_id(case: str) -> None:
    item, contacts, address, aliases = WHO[case]
    arrival = one_arrival(item, *contacts)
    assert (arrival.address, arrival.aliases, arrival.moved_from) == (address, aliases, None)


@pytest.mark.parametrize("sender", [None, "", "anaquispe", "12", 51987654321, ["51987654321"], {}])
def test_a_message_from_nobody_is_unreadable(sender: object) -> None:
    assert "neither a phone nor an id" in why_unreadable(message(**{"from": sender}))


@pytest.mark.parametrize(
    ("item", "why"),
    [
        (message(group_id="g1"), "in a group"),
        (message(text={"body": ""}), "without words"),
        (message(text={"body": {"x": 1}}), "without words"),
        (message(text="hola"), "without words"),
        (message(id=""), "without an id"),
    ],
)
def test_what_is_no_message_to_us_is_unreadable(item: Json, why: str) -> None:
    assert why in why_unreadable(item)


@pytest.mark.parametrize("value", [{}, {"messages": {}}, {"messages": "x", "statuses": []}, {"contacts": []}])
def test_a_change_with_nothing_in_it_is_unreadable(value: Json) -> None:
    delivery = read(webhook(change(**value)), account(), NOW)
    assert len(delivery.unreadable) == 1


# --- our approved messages --------------------------------------------------------------------------------

TEMPLATE = {
    "message_template_id": 1689556908129832,
    "message_template_name": "come_back",
    "message_template_language": "es-PE",
}
PAUSED = {
    **TEMPLATE, "event": "PAUSED", "reason": "NONE",
    "other_info": {"title": "FIRST_PAUSE", "description": "It has been paused until Aug 31 at 12:47 AM UTC."},
}  # fmt: skip
SOON = {
    **TEMPLATE,
    "new_category": "UTILITY",
    "correct_category": "MARKETING",
    "category_update_timestamp": 1,
}
TOLD = {
    "paused": ("message_template_status_update", PAUSED, "status", "PAUSED", "FIRST_PAUSE"),
    "rejected": (
        "message_template_status_update",
        {**TEMPLATE, "event": "REJECTED", "reason": "INVALID_FORMAT", "rejection_info": {"reason": "x"}},
        "status", "REJECTED", "INVALID_FORMAT",
    ),
    "gone": (
        "message_template_status_update", {**TEMPLATE, "event": "PENDING_DELETION", "reason": None},
        "status", "PENDING_DELETION", "",
    ),
    "quality": (
        "message_template_quality_update",
        {**TEMPLATE, "previous_quality_score": "YELLOW", "new_quality_score": "RED"},
        "quality", "RED", "",
    ),
    "category": (
        "template_category_update", {**TEMPLATE, "previous_category": "UTILITY", "new_category": "MARKETING"},
        "category", "MARKETING", "",
    ),
    "category_soon": ("template_category_update", SOON, "category", "UTILITY", "soon MARKETING"),
}  # fmt: skip


def about_templates(field: str, value: Json, time: Any = 1_790_000_000) -> Json:
    entry = {"id": "102290129340398", "time": time, "changes": [{"field": field, "value": value}]}
    return {"object": "whatsapp_business_account", "entry": [entry]}


@pytest.mark.parametrize("which", TOLD)
def test_what_is_told_of_an_approved_message_is_news(which: str) -> None:
    field, value, what, said, why = TOLD[which]
    delivery = read(about_templates(field, value), account(), NOW)
    assert delivery.unreadable == ()
    (news,) = delivery.templates
    assert (news.programme, news.account, news.name, news.language) == (
        "pe", "whatsapp/default", "come_back", "es_PE"
    )  # fmt: skip
    assert (news.what, news.value, news.why, news.at) == (what, said, why, 1_790_000_000 * 1_000_000)


def test_news_of_an_app_hold_for_all_of_its_numbers() -> None:
    other = account(name="ph", programme="ph", phone_id="2")
    delivery = read(about_templates("message_template_status_update", PAUSED), account(), NOW, [other])
    assert {(one.programme, one.account) for one in delivery.templates} == {
        ("pe", "whatsapp/default"), ("ph", "whatsapp/ph")
    }  # fmt: skip


@pytest.mark.parametrize("time", [None, "soon", 7, True])
def test_news_without_a_readable_time_are_of_now(time: Any) -> None:
    (news,) = read(about_templates("message_template_status_update", PAUSED, time), account(), NOW).templates
    assert news.at == NOW


@pytest.mark.parametrize(
    "value",
    [
        {},
        {**PAUSED, "event": None},
        {**PAUSED, "message_template_name": "Ana Quispe"},
        {**PAUSED, "event": "not a word"},
    ],
)
def test_news_that_say_nothing_clear_are_unreadable(value: Json) -> None:
    delivery = read(about_templates("message_template_status_update", value), account(), NOW)
    assert delivery.templates == ()
    (unreadable,) = delivery.unreadable
    assert "Quispe" not in unreadable.reason


@pytest.mark.parametrize(
    "field", ["account_update", "message_template_components_update", "Ana Quispe", 7, None]
)
def test_a_notice_that_we_do_not_use_is_told_by_its_name(field: Any) -> None:
    delivery = read(webhook({"field": field, "value": {"event": "x"}}), account(), NOW)
    (unreadable,) = delivery.unreadable
    assert "notice" in unreadable.reason
    assert "Quispe" not in unreadable.reason


# --- she changes -----------------------------------------------------------------------------------------

NEW_PHONE, NEW_ID = "51911111111", "PE.222"


def system(kind: str, sender: Json, **facts: Any) -> Json:
    body = "User Ana changed from X to Y"
    return {"id": "wamid.1", "timestamp": SECONDS, "type": "system", **sender,
            "system": {"type": kind, "body": body, **facts}}  # fmt: skip


CHANGES = {
    "number": (
        system("user_changed_number", {"from": PHONE}, wa_id=NEW_PHONE),
        Address("whatsapp", PHONE), (Address("whatsapp", NEW_PHONE),),
    ),
    "older_number": (
        system("customer_changed_number", {"from": PHONE}, new_wa_id=NEW_PHONE, customer=PHONE),
        Address("whatsapp", PHONE), (Address("whatsapp", NEW_PHONE),),
    ),
    "number_and_id": (
        system("user_changed_number", {"from": PHONE, "from_user_id": SCOPED}, wa_id=NEW_PHONE, user_id=NEW_ID),
        Address("whatsapp", PHONE), (Address("whatsapp", NEW_PHONE), Address("whatsapp_id", NEW_ID)),
    ),
    "id": (
        system("user_changed_user_id", {"from": PHONE, "from_user_id": SCOPED}, user_id=NEW_ID),
        Address("whatsapp_id", SCOPED), (Address("whatsapp_id", NEW_ID),),
    ),
    "id_by_phone": (
        system("user_changed_user_id", {"from": PHONE}, user_id=NEW_ID),
        Address("whatsapp", PHONE), (Address("whatsapp_id", NEW_ID),),
    ),
    "id_told_twice": (
        system("user_changed_user_id", {"from_user_id": NEW_ID}, user_id=NEW_ID, previous_user_id=SCOPED),
        Address("whatsapp_id", SCOPED), (Address("whatsapp_id", NEW_ID),),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CHANGES)
def test_a_changed_number_or_id_moves_her_and_says_nothing(case: str) -> None:
    item, old, new = CHANGES[case]
    arrival = one_arrival(item)
    assert (arrival.moved_from, (arrival.address, *arrival.aliases)) == (old, new)
    assert arrival.inbound.kind == "event"
    assert arrival.inbound.data == {"happened": item["system"]["type"]}


def test_a_changed_id_may_come_on_its_own() -> None:
    update = {"wa_id": PHONE, "user_id": {"previous": SCOPED, "current": NEW_ID}, "timestamp": SECONDS}
    delivery = read(webhook(change(user_id_update=[update]) | {"field": "user_id_update"}), account(), NOW)
    (arrival,) = delivery.arrivals
    assert arrival.moved_from == Address("whatsapp_id", SCOPED)
    assert (arrival.address, arrival.aliases) == (Address("whatsapp_id", NEW_ID), (BY_PHONE,))


@pytest.mark.parametrize(
    "item",
    [
        system("user_changed_number", {"from": PHONE}),
        system("user_changed_number", {"from": PHONE}, wa_id=PHONE),
        system("user_changed_user_id", {}, user_id=NEW_ID),
        system("customer_identity_changed", {"from": PHONE}),
    ],
)
def test_a_change_without_both_sides_is_unreadable(item: Json) -> None:
    assert why_unreadable(item)


# --- age -------------------------------------------------------------------------------------------------


def test_a_message_of_last_week_counts_and_one_played_again_does_not() -> None:
    now_seconds = NOW // SECOND
    week = one_arrival(message(timestamp=str(now_seconds - 7 * DAY // SECOND)))
    assert week.inbound.text == "hola"
    assert "8 days" in why_unreadable(message(timestamp=str(now_seconds - 8 * DAY // SECOND - 1)))


@pytest.mark.parametrize("time", [None, "", "soon", "1e9", -5, 10**40, True, "9" * 5000, {}])
def test_a_time_nobody_can_read_does_not_lose_a_message(time: object) -> None:
    assert one_arrival(message(timestamp=time)).inbound.text == "hola"


# --- statuses and errors -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("sent", "sent"),
        ("delivered", "delivered"),
        ("read", "read"),
        ("played", "read"),
        ("failed", "failed"),
    ],
)
def test_statuses_are_noted_with_our_name_for_the_message(said: str, state: str) -> None:
    item = status(said, biz_opaque_callback_data="talk:7", errors=[{"code": 131026, "title": "x"}])
    delivery = read(webhook(change(statuses=[item])), account(), NOW)
    (noted,) = delivery.statuses
    assert (noted.provider_id, noted.state, noted.name) == ("wamid.our1", state, "talk:7")
    assert noted.at == NOW - 60 * SECOND
    assert noted.reason == ("131026" if state == "failed" else "")
    assert (noted.programme, noted.account) == ("pe", "whatsapp/default")


def test_errors_are_told_to_the_operator_by_their_code_alone() -> None:
    error = {"code": 130429, "title": "Rate limit hit", "message": "for 51987654321"}
    reason = why_unreadable(error, "errors")
    assert "130429" in reason
    assert "51987654321" not in reason


@pytest.mark.parametrize(
    "item",
    [
        None, 7, "x", [], {},
        status(id=""), status(id=None), status("deleted"), status(None), status(["sent"]),
    ],
)  # fmt: skip
def test_a_status_that_is_none_is_unreadable(item: Any) -> None:
    assert why_unreadable(item, "statuses")


# --- which account ---------------------------------------------------------------------------------------


def test_numbers_of_one_app_share_a_webhook() -> None:
    second = account(name="lima", programme="pe2", phone_id="222")
    post = webhook(change(messages=[message()]), change("222", messages=[message(id="wamid.2")]))
    delivery = read(post, account(), NOW, [second])
    assert [(a.programme, a.account) for a in delivery.arrivals] == [
        ("pe", "whatsapp/default"),
        ("pe2", "whatsapp/lima"),
    ]


def test_a_number_that_is_not_ours_is_unreadable() -> None:
    delivery = read(webhook(change("333", messages=[message()])), account(), NOW)
    assert delivery.arrivals == ()
    assert "not of this account" in delivery.unreadable[0].reason


# --- everything in a batch counts ------------------------------------------------------------------------

BAD: list[Any] = [None, 7, "x", [], {}, {"id": "wamid.bad"}, {"from": PHONE}]


@st.composite
def posts(draw: st.DrawFn) -> tuple[Json, list[str], list[str], int]:
    """A webhook of entries x changes x items, ids of its messages and statuses, and how many are bad."""
    messages: list[str] = []
    statuses: list[str] = []
    bad = 0
    entries = []
    for _ in range(draw(st.integers(1, 4))):
        changes: list[Any] = []
        for _ in range(draw(st.integers(1, 4))):
            value: Json = {"messages": [], "statuses": [], "errors": []}
            for kind in draw(st.lists(st.sampled_from(["message", "status", "error", "bad", "badstatus"]))):
                number = len(messages) + len(statuses)
                if kind == "message":
                    messages.append(f"wamid.{number}")
                    value["messages"].append(message(id=messages[-1]))
                elif kind == "status":
                    statuses.append(f"wamid.{number}")
                    value["statuses"].append(status(id=statuses[-1]))
                else:
                    bad += 1
                    where = {"error": "errors", "bad": "messages", "badstatus": "statuses"}[kind]
                    value[where].append({"code": 1} if kind == "error" else draw(st.sampled_from(BAD)))
            changes.append(change(**value))
            if draw(st.booleans()):
                bad += 1
                changes.append(
                    draw(st.sampled_from([None, 7, {}, {"value": 3}, {"field": "flows", "value": {}}]))
                )
        entries.append({"id": "1", "changes": changes})
        if draw(st.booleans()):
            bad += 1
            entries.append(draw(st.sampled_from([None, "x", {}, {"changes": {}}])))
    return {"object": "whatsapp_business_account", "entry": entries}, messages, statuses, bad


@given(posts())
@settings(max_examples=200)
def test_every_item_of_a_batch_counts_once(post: tuple[Json, list[str], list[str], int]) -> None:
    payload, messages, statuses, bad = post
    delivery = read(orjson.dumps(payload), account(), NOW)
    assert [arrival.inbound.key for arrival in delivery.arrivals] == messages
    assert [noted.provider_id for noted in delivery.statuses] == statuses
    assert len(delivery.unreadable) == bad
    assert all(unreadable.key and unreadable.reason for unreadable in delivery.unreadable)


NAMES = st.sampled_from(
    ["object", "entry", "changes", "value", "field", "metadata", "phone_number_id", "contacts", "wa_id",
     "user_id", "messages", "statuses", "errors", "id", "from", "from_user_id", "timestamp", "type", "text",
     "body", "interactive", "button_reply", "list_reply", "system", "status", "code", "referral", "source_id",
     "user_id_update", "previous", "current", "button", "payload", "caption", "image", "group_id"]
)  # fmt: skip
WORDS = st.sampled_from(
    ["messages", "user_id_update", "text", "interactive", "system", "user_changed_number", "sent", "failed",
     PHONE, SCOPED, PHONE_ID, SECONDS, "/start es_x", "\ud800"]
)  # fmt: skip
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | WORDS
ANYTHING = st.recursive(
    SCALARS, lambda inside: st.lists(inside) | st.dictionaries(NAMES | st.text(), inside), max_leaves=40
)


@given(ANYTHING)
@settings(max_examples=300)
def test_no_json_makes_the_parser_fail(payload: Any) -> None:
    read(payload, account(), NOW)


@given(st.dictionaries(NAMES, ANYTHING), st.sampled_from(["messages", "statuses", "user_id_update"]))
@settings(max_examples=300)
def test_no_item_makes_the_parser_fail(item: Json, where: str) -> None:
    read(webhook(change(**{where: [item], "contacts": [item]})), account(), NOW)


def test_what_is_nested_without_end_is_unreadable() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    assert read({"entry": [deep]}, account(), NOW).unreadable


def test_bytes_that_are_no_json_are_told_apart() -> None:
    with pytest.raises(ValueError):
        read(b'{"entry": [', account(), NOW)


def test_the_same_bad_item_has_the_same_key_whenever_it_comes() -> None:
    first = read(webhook(change(statuses=[{"b": 1, "a": 2}])), account(), NOW)
    again = read(webhook(change(messages=[]), change(statuses=[{"a": 2, "b": 1}])), account(), NOW + 5)
    assert first.unreadable[0].key == again.unreadable[0].key
