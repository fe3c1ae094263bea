"""A second opinion: pywa, which nobody here wrote, encodes and decodes the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from pywa.client import WhatsApp
from pywa.types.callback import (
    Button,
    CallbackButton,
    CallbackSelection,
    Section,
    SectionList,
    SectionRow,
    URLButton,
)
from pywa.types.message import Message
from pywa.types.message_status import MessageStatus
from pywa.types.system import PhoneNumberChange
from pywa.types.templates import TemplateLanguage

from bot.channels.whatsapp.client import VERSION
from bot.channels.whatsapp.receive import read
from bot.channels.whatsapp.send import Template, body_of, read_body, template_body
from flows.values import Image, Link, Reply, Video
from store.inbox import Address
from tests.whatsapp.replies import outgoing, question
from tests.whatsapp.test_receive import NEW_PHONE, pressed, system
from tests.whatsapp.webhooks import (
    NOW,
    PHONE,
    PHONE_ID,
    SCOPED,
    account,
    change,
    contact,
    message,
    one_arrival,
    status,
    webhook,
)

Json = dict[str, Any]


class Spy:
    """pywa with a line that keeps what was sent."""

    def __init__(self) -> None:
        self.bodies: list[Json] = []
        self.urls: list[str] = []
        session = httpx.Client(transport=httpx.MockTransport(self._answer))
        self.client = WhatsApp(phone_id=PHONE_ID, token="x", session=session)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.bodies.append(json.loads(request.content))
        self.urls.append(str(request.url))
        answer = {
            "contacts": [{"input": PHONE, "wa_id": PHONE}],
            "messages": [{"id": "wamid.1"}],
            "success": True,
        }
        return httpx.Response(200, json=answer)


@pytest.fixture
def pywa() -> Spy:
    return Spy()


def reply_link(url: str) -> Reply:
    return Reply("A tip.", "link", link=Link("Watch", url))


PICTURE = Reply("Your result", "image", image=Image("https://example.org/p.png", "A chart"))
FILM = Reply("Look.", "video", video=Video("film:abc", "Photos", 80, 4_000_000, "V01", "es"))
TO: Json = {"to": PHONE, "tracker": "talk:7"}

SAME: dict[str, tuple[Json, Callable[[WhatsApp], object]]] = {
    "text": (body_of(outgoing("hola")), lambda wa: wa.send_message(text="hola", **TO)),
    "scoped_id": (
        body_of(outgoing("hola", address=SCOPED, address_kind="whatsapp_id")),
        lambda wa: wa.send_message(to=SCOPED, text="hola", tracker="talk:7"),
    ),
    "buttons": (
        body_of(outgoing(question("Yes", "No"))),
        lambda wa: wa.send_message(
            text="Do you sell online?", buttons=[Button("Yes", "4:c0"), Button("No", "4:c1")], **TO
        ),
    ),
    "list": (
        body_of(outgoing(question("A", "B", "C", ("Of the whole economy only", "D"), text="Which?")), list_word="Choose"),
        lambda wa: wa.send_message(
            text="Which?",
            buttons=SectionList(
                "Choose",
                [Section("", [SectionRow("A", "4:c0"), SectionRow("B", "4:c1"), SectionRow("C", "4:c2"),
                              SectionRow("D", "4:c3", "Of the whole economy only")])],
            ),
            **TO,
        ),
    ),
    "link_button": (
        body_of(outgoing(reply_link("https://example.org/v"))),
        lambda wa: wa.send_message(text="A tip.", buttons=URLButton("Watch", "https://example.org/v"), **TO),
    ),
    "picture_by_address": (
        body_of(outgoing(PICTURE)),
        lambda wa: wa.send_image(image="https://example.org/p.png", caption="Your result", **TO),
    ),
    "film": (
        body_of(outgoing(FILM), media="1234567890"),
        lambda wa: wa.send_video(video="1234567890", caption="Look.", **TO),
    ),
    "document": (
        body_of(outgoing(reply_link("https://example.org/ruc.pdf"))),
        lambda wa: wa.send_document(
            document="https://example.org/ruc.pdf", filename="ruc.pdf", caption="A tip.", **TO
        ),
    ),
    "template": (
        template_body(outgoing(), Template("your_next_step", "es")),
        lambda wa: wa.send_template(name="your_next_step", language=TemplateLanguage.SPANISH, params=[], **TO),
    ),
    "read_and_typing": (read_body("wamid.1"), lambda wa: wa.indicate_typing("wamid.1")),
}  # fmt: skip


def plain(body: Json) -> Json:
    """Without what pywa writes though it is empty."""
    body = json.loads(json.dumps(body))
    for section in body.get("interactive", {}).get("action", {}).get("sections", ()):
        if not section.get("title"):
            section.pop("title", None)
    if not body.get("template", {}).get("components", True):
        del body["template"]["components"]
    return body


@pytest.mark.parametrize("case", SAME)
def test_both_write_the_same_request(case: str, pywa: Spy) -> None:
    ours, theirs = SAME[case]
    theirs(pywa.client)
    assert plain(ours) == plain(pywa.bodies[-1])


def test_both_speak_the_same_version_of_the_platform(pywa: Spy) -> None:
    pywa.client.send_message(text="hola", **TO)
    assert pywa.urls[-1] == f"https://graph.facebook.com/{VERSION}/{PHONE_ID}/messages"


# --- and read ------------------------------------------------------------------------------------------

BOTH = [contact(PHONE, SCOPED)]


def post(**value: Any) -> Any:
    return webhook(change(**value))


@pytest.mark.parametrize(
    "item",
    [
        message(),
        message("image", image={"id": "1", "mime_type": "image/png", "sha256": "x", "caption": "mi tienda"}),
    ],
)
def test_both_read_the_same_message(item: Json, pywa: Spy) -> None:
    ours = one_arrival(item, *BOTH)
    theirs = Message.from_update(pywa.client, post(messages=[item], contacts=BOTH))
    assert ours.inbound.key == theirs.id
    assert ours.inbound.text == (theirs.text or theirs.caption or "")
    assert ours.address == Address("whatsapp", str(theirs.from_user.wa_id))
    assert ours.aliases == (Address("whatsapp_id", str(theirs.from_user.bsuid)),)


@pytest.mark.parametrize(
    ("kind", "decoder"), [("button_reply", CallbackButton), ("list_reply", CallbackSelection)]
)
def test_both_read_the_same_press(kind: str, decoder: Any, pywa: Spy) -> None:
    item = pressed(kind, "4:yes") | {"context": {"from": PHONE_ID, "id": "wamid.9"}}
    theirs = decoder.from_update(pywa.client, post(messages=[item], contacts=BOTH))
    assert one_arrival(item, *BOTH).inbound.choice == theirs.data == "4:yes"


@pytest.mark.parametrize("state", ["sent", "delivered", "read", "failed"])
def test_both_read_the_same_status(state: str, pywa: Spy) -> None:
    errors = [{"code": 131026, "title": "Undeliverable", "message": "Undeliverable"}]
    item = status(
        state, biz_opaque_callback_data="talk:7", **({"errors": errors} if state == "failed" else {})
    )
    payload = post(statuses=[item], contacts=BOTH)
    (ours,) = read(payload, account(), NOW).statuses
    theirs: Any = MessageStatus.from_update(pywa.client, payload)
    assert (ours.provider_id, ours.state, ours.name) == (theirs.id, theirs.status.value, theirs.tracker)
    assert ours.at == int(theirs.timestamp.timestamp()) * 1_000_000
    assert ours.reason == (str(theirs.error.code) if theirs.error else "")


def test_both_read_the_same_change_of_number(pywa: Spy) -> None:
    item = system("user_changed_number", {"from": PHONE}, wa_id=NEW_PHONE)
    ours = one_arrival(item)
    theirs = PhoneNumberChange.from_update(pywa.client, post(messages=[item]))
    assert ours.moved_from == Address("whatsapp", theirs.old_wa_id)
    assert ours.address == Address("whatsapp", str(theirs.new_wa_id))


def test_where_pywa_reads_one_message_we_read_all(pywa: Spy) -> None:
    items = [message(id=f"wamid.{n}") for n in range(4)]
    payload: Any = webhook(
        change(messages=items[:2], contacts=BOTH), change(messages=items[2:], contacts=BOTH)
    )
    assert Message.from_update(pywa.client, payload).id == "wamid.0"
    assert [a.inbound.key for a in read(payload, account(), NOW).arrivals] == [item["id"] for item in items]
