"""Webhooks of WhatsApp as these tests post them, and the account they are for."""

from __future__ import annotations

from typing import Any

from bot.channels.accounts import ChannelAccount
from bot.channels.whatsapp.capabilities import LIMITS
from bot.channels.whatsapp.receive import read
from store.inbox import Arrival

Json = dict[str, Any]

NOW = 1_790_000_000_000_000
SECONDS = str(NOW // 1_000_000 - 60)
PHONE = "51987654321"
SCOPED = "PE.13491208655302741918"
PARENT = "PE.ENT.11815799212886844830"
PHONE_ID = "106540352242922"
TOKEN = "EAAB-token-canary-9f8e7d6c5b4a"
SECRET = "app-secret-canary-0123456789abcdef"
NEW_SECRET = "app-secret-new-fedcba9876543210ab"
VERIFY = "verify-canary-55aa55aa55aa55aa"


def account(**other: Any) -> ChannelAccount:
    facts: Json = {
        "programme": "pe",
        "channel": "whatsapp",
        "name": "default",
        "api_url": "http://127.0.0.1:1",
        "limits": LIMITS,
        "token": TOKEN,
        "secrets": (SECRET,),
        "verify_token": VERIFY,
        "phone_id": PHONE_ID,
    }
    return ChannelAccount(**{**facts, **other})


def message(kind: Any = "text", id: Any = "wamid.1", **more: Any) -> Json:
    """A message of Ana's from her phone."""
    content = {"text": {"body": "hola"}} if kind == "text" else {}
    return {"from": PHONE, "id": id, "timestamp": SECONDS, "type": kind, **content, **more}


def contact(phone: str | None = PHONE, scoped: str | None = None) -> Json:
    found: Json = {"profile": {"name": "Ana Quispe", "username": "anaquispe"}}
    return found | ({"wa_id": phone} if phone else {}) | ({"user_id": scoped} if scoped else {})


def status(state: Any = "sent", id: Any = "wamid.our1", **more: Any) -> Json:
    return {"id": id, "status": state, "timestamp": SECONDS, "recipient_id": PHONE, **more}


def change(phone_id: Any = PHONE_ID, **value: Any) -> Json:
    metadata = {"display_phone_number": "15550783881", "phone_number_id": phone_id}
    return {"field": "messages", "value": {"messaging_product": "whatsapp", "metadata": metadata, **value}}


def webhook(*changes: Json) -> Json:
    entry = [{"id": "102290129340398", "changes": [one]} for one in changes]
    return {"object": "whatsapp_business_account", "entry": entry}


def one_arrival(item: Json, *contacts: Json) -> Arrival:
    """What we understand of a webhook with this message alone."""
    delivery = read(webhook(change(messages=[item], contacts=list(contacts))), account(), NOW)
    assert delivery.unreadable == ()
    (arrival,) = delivery.arrivals
    return arrival


def why_unreadable(item: Json, name: str = "messages") -> str:
    delivery = read(webhook(change(**{name: [item]})), account(), NOW)
    assert (delivery.arrivals, delivery.statuses) == ((), ())
    (unreadable,) = delivery.unreadable
    return unreadable.reason
