"""From a webhook of WhatsApp's Cloud API to a delivery: every item of it, each by itself.

A webhook holds entries, an entry changes, a change messages, statuses and errors; WhatsApp batches
them. https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/payload-examples
Names and pictures of people are left where they came from.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

from bot.channels.accounts import ChannelAccount
from bot.channels.delivery import Courtesy, Delivery, Unreadable
from bot.channels.links import CAMPAIGN, start_data
from bot.channels.whatsapp.addresses import SCOPED, addresses_of
from bot.door import clean
from flows.values import Inbound
from store.clock import DAY, SECOND
from store.deliveries import Status
from store.inbox import Address, Arrival
from store.template_states import TemplateNews, What, plain_code

Json = Mapping[str, Any]
State = Literal["sent", "delivered", "read", "failed"]

# WhatsApp delivers again for seven days; what is older was recorded by somebody and played again.
OLDEST = 8 * DAY
PLAUSIBLE = range(10**9, 10**11)  # seconds since 1970; milliseconds and small numbers are something else

MEDIA = {
    "image": "photo",
    "audio": "voice",
    "sticker": "sticker",
    "location": "location",
    "contacts": "contact",
    "document": "file",
    "video": "file",
    # Words that she corrected were read once; which question they are for now, nobody knows.
    "edit": "edited",
}
# Nobody waits for an answer to these: a thumb on one of our messages, one of hers taken back.
QUIET = frozenset({"reaction", "revoke"})
# https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/message_template_status_update
# and its neighbours template_category_update, message_template_quality_update.
TEMPLATES: Mapping[str, tuple[What, str]] = {
    "message_template_status_update": ("status", "event"),
    "template_category_update": ("category", "new_category"),
    "message_template_quality_update": ("quality", "new_quality_score"),
}
STATES: Mapping[str, State] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "played": "read",  # a voice message was listened to
    "failed": "failed",
}

_START = re.compile(r"/start(?:\s+(\S+))?\s*", re.IGNORECASE)
_SOURCE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_OUR_CHOICE = re.compile(r"[0-9]+:\S+")
_SECONDS = re.compile(r"[0-9]{1,11}")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,512}")
_WORD = re.compile(r"[a-z0-9_]{1,40}")


def read(
    payload: bytes | Json, account: ChannelAccount, now: int, others: Sequence[ChannelAccount] = ()
) -> Delivery:
    """Everything in a webhook. now: microseconds UTC.

    others: accounts of the same app, whose numbers share this webhook.
    Raises ValueError for bytes that are no JSON.
    """
    document = orjson.loads(payload) if isinstance(payload, bytes) else payload
    reading = _Reading(account, now)
    numbers = {one.phone_id: one for one in (*others, account)}
    for entry in _listed(reading, document, "entry"):
        for change in _listed(reading, entry, "changes"):
            _read_change(reading, change, numbers, _told_at(entry, now))
    return reading.delivery()


class _UnreadError(Exception):
    """This item is not what the platform promises. The message says why, without anybody's words."""


@dataclass
class _Reading:
    account: ChannelAccount
    now: int
    arrivals: list[Arrival] = field(default_factory=list)
    statuses: list[Status] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    courtesies: list[Courtesy] = field(default_factory=list)
    templates: list[TemplateNews] = field(default_factory=list)

    def cannot(self, item: object, reason: str, account: ChannelAccount | None = None) -> None:
        of = account or self.account
        id = item.get("id") if isinstance(item, Mapping) else None
        key = id if isinstance(id, str) and id else _hash_of(item)
        self.unreadable.append(Unreadable(of.programme, of.id, key, reason))

    def delivery(self) -> Delivery:
        return Delivery(
            tuple(self.arrivals), tuple(self.statuses), tuple(self.unreadable), tuple(self.courtesies),
            tuple(self.templates),
        )  # fmt: skip


def _hash_of(item: object) -> str:
    try:
        text = json.dumps(item, sort_keys=True)
    except RecursionError:
        text = "nested deeper than anybody needs"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _listed(reading: _Reading, item: object, *names: str) -> Iterator[Any]:
    """The items of lists within lists; whatever is no list of objects is unreadable."""
    if not names:
        yield item
        return
    inside = item.get(names[0]) if isinstance(item, Mapping) else None
    if not isinstance(inside, list):
        reading.cannot(item, f"A webhook without a list of {names[0]}.")
        return
    for one in inside:
        yield from _listed(reading, one, *names[1:])


def _read_change(
    reading: _Reading, change: object, numbers: Mapping[str, ChannelAccount], told_at: int
) -> None:
    value = change.get("value") if isinstance(change, Mapping) else None
    if not isinstance(change, Mapping) or not isinstance(value, Mapping):
        reading.cannot(change, "A change without a value.")
        return
    name = change.get("field", "messages")
    if name in TEMPLATES:
        _read_template(reading, name, value, list(numbers.values()), told_at)
        return
    if name not in ("messages", "user_id_update"):
        reading.cannot(change, f"A notice of the kind '{_word(name)}', which Pasito does not use.")
        return
    phone_id = _of(value, "metadata").get("phone_number_id", reading.account.phone_id)
    account = numbers.get(phone_id) if isinstance(phone_id, str) else None
    if account is None:
        reading.cannot(change, "It was sent to a number that is not of this account.")
        return
    _read_value(reading, account, value)


def _read_value(reading: _Reading, account: ChannelAccount, value: Json) -> None:
    contacts = [one for one in _list(value.get("contacts")) if isinstance(one, Mapping)]
    known = False
    for name in ("messages", "statuses", "errors", "user_id_update"):
        if name not in value:
            continue
        known = True
        if not isinstance(value[name], list):
            reading.cannot(value, f"The {name} are no list.", account)
        for item in _list(value[name]):
            try:
                _read_item(reading, account, name, item, contacts)
            except _UnreadError as error:
                reading.cannot(item, str(error), account)
    if not known:
        reading.cannot(value, "A change with neither messages nor statuses nor errors.", account)


def _read_item(
    reading: _Reading, account: ChannelAccount, name: str, item: object, contacts: list[Json]
) -> None:
    if not isinstance(item, Mapping):
        raise _UnreadError(f"One of the {name} is no object.")
    if name == "statuses":
        reading.statuses.append(_status(account, item, reading.now))
    elif name == "errors":
        raise _UnreadError(f"WhatsApp reports the error {_code(item)}.")
    elif name == "user_id_update":
        reading.arrivals.append(_new_id(account, item, reading.now))
    else:
        arrival = _message(account, item, contacts, reading.now)
        reading.arrivals.append(arrival)
        if arrival.address and arrival.inbound.kind != "event":
            reading.courtesies.append(
                Courtesy(account.id, "read", arrival.inbound.key, arrival.address.value)
            )


# --- messages --------------------------------------------------------------------------------------


def _message(account: ChannelAccount, message: Json, contacts: list[Json], now: int) -> Arrival:
    id = message.get("id")
    if not isinstance(id, str) or not id:
        raise _UnreadError("A message without an id.")
    if now - _at(message, now) > OLDEST:
        raise _UnreadError("The message is older than 8 days.")
    if message.get("group_id"):
        raise _UnreadError("A message in a group; Pasito talks with one person at a time.")
    if message.get("type") == "system":
        return _system(account, id, message, contacts, now)
    address, *aliases = _sender(message, contacts)
    inbound = _inbound(id, message)
    return Arrival(account.programme, account.id, inbound, now, address, aliases=tuple(aliases))


def _sender(message: Json, contacts: list[Json]) -> tuple[Address, ...]:
    """The addresses of whoever wrote it. A contact is hers if they share an id, or if she has none."""
    own = [message.get(name) for name in ("from", "from_user_id", "from_parent_user_id")]
    hers = [_ids_of(contact) for contact in contacts]
    if not addresses_of(own) and len(hers) == 1:
        found = addresses_of(hers[0])
    else:
        named = set(addresses_of(own))
        shared = [ids for ids in hers if named & set(addresses_of(ids))]
        found = addresses_of([*own, *(id for ids in shared for id in ids)])
    if not found:
        raise _UnreadError("A message from nobody: it has neither a phone nor an id.")
    return found


def _ids_of(contact: Json) -> list[object]:
    return [contact.get(name) for name in ("wa_id", "user_id", "parent_user_id")]


def _inbound(id: str, message: Json) -> Inbound:
    """What she wrote, pressed or sent, with what an advertisement that led her here carried."""
    kind = _word(message.get("type"))
    seed = secrets.token_hex(16)
    if kind in QUIET:
        return Inbound(id, "event", seed=seed, data={"happened": kind})
    if kind == "request_welcome":
        return Inbound(id, "start", seed=seed)
    referral = _referral(message)
    if kind == "text":
        return _words(id, _of(message, kind).get("body"), seed, referral)
    if kind == "interactive":
        pressed = _of(message, kind)
        reply = _of(pressed, "button_reply") or _of(pressed, "list_reply")
        choice = reply.get("id")
        if isinstance(choice, str) and choice:
            return Inbound(id, choice=clean(choice), seed=seed, data=referral)
    if kind == "button":
        return _template_button(id, _of(message, kind), seed, referral)
    content = _of(message, kind)
    media = "file" if kind == "audio" and content.get("voice") is False else MEDIA.get(kind, "other")
    caption = content.get("caption")
    text = clean(caption) if isinstance(caption, str) else ""
    return Inbound(id, text=text, media=media, seed=seed, data=referral)


def _words(id: str, body: object, seed: str, referral: dict[str, str]) -> Inbound:
    if not isinstance(body, str) or not body:
        raise _UnreadError("A text without words.")
    # https://wa.me/{number}?text=/start%20{code} puts this into her message; the code is Telegram's.
    if start := _START.fullmatch(body):
        return Inbound(id, "start", seed=seed, data={**referral, **start_data(start[1] or "")})
    return Inbound(id, text=clean(body), seed=seed, data=referral)


def _template_button(id: str, button: Json, seed: str, referral: dict[str, str]) -> Inbound:
    """A button below a template. What it carries is an answer only if we wrote it so."""
    payload, text = button.get("payload"), button.get("text")
    if isinstance(payload, str) and _OUR_CHOICE.fullmatch(payload):
        return Inbound(id, choice=clean(payload), seed=seed, data=referral)
    return _words(id, text if isinstance(text, str) and text else payload, seed, referral)


def _referral(message: Json) -> dict[str, str]:
    """The advertisement she came by, as a campaign."""
    source = _of(message, "referral").get("source_id")
    if not isinstance(source, str) or not _SOURCE.fullmatch(source):
        return {}
    return {"campaign": source[:CAMPAIGN]}


# --- she has another number, or another id -----------------------------------------------------------


def _system(account: ChannelAccount, id: str, message: Json, contacts: list[Json], now: int) -> Arrival:
    system = _of(message, "system")
    new = addresses_of(system.get(name) for name in ("wa_id", "new_wa_id", "user_id"))
    old = addresses_of(
        [
            *(message.get(name) for name in ("from", "from_user_id")),
            *(system.get(name) for name in ("customer", "previous_user_id")),
            *(id for contact in contacts for id in _ids_of(contact)),
        ]
    )
    moved = [address for address in old if address not in new]
    kind = _word(system.get("type"))
    if kind == "user_changed_user_id":
        moved.sort(key=lambda address: address.kind != SCOPED)
    elif kind not in ("user_changed_number", "customer_changed_number"):
        raise _UnreadError(f"A system message of the kind '{kind}', which Pasito does not use.")
    return _moved(account, id, kind, moved, new, now)


def _new_id(account: ChannelAccount, update: Json, now: int) -> Arrival:
    """The same news on its own: `user_id` holds the previous and the current one."""
    ids = _of(update, "user_id")
    old = addresses_of([ids.get("previous")])
    new = addresses_of([ids.get("current"), update.get("wa_id")])
    scoped_first = sorted(new, key=lambda address: address.kind != SCOPED)
    return _moved(account, f"user_id_update:{_hash_of(update)}", "user_id_update", old, scoped_first, now)


def _moved(
    account: ChannelAccount, id: str, kind: str, old: Sequence[Address], new: Sequence[Address], now: int
) -> Arrival:
    if not old or not new:
        raise _UnreadError("Somebody has another number or id, but not both are told.")
    inbound = Inbound(id, "event", seed=secrets.token_hex(16), data={"happened": kind})
    address, *aliases = new
    return Arrival(
        account.programme, account.id, inbound, now, address, aliases=tuple(aliases), moved_from=old[0]
    )


# --- our approved messages ----------------------------------------------------------------------------


def _read_template(
    reading: _Reading, name: str, value: Json, accounts: Sequence[ChannelAccount], told_at: int
) -> None:
    """It names no number: what is told to an app holds for all of its numbers."""
    what, key = TEMPLATES[name]
    template, language = value.get("message_template_name"), value.get("message_template_language")
    said, why = value.get(key), value.get("reason")
    if not (_is_name(template) and _is_name(language) and _is_name(said)):
        reading.cannot(value, f"News of a template without its name, its language or its {what}.")
        return
    title = _of(value, "other_info").get("title")  # of a pause: which one it is
    soon = value.get("correct_category")  # what its category becomes a day from now
    reasons = [word for word in (why, title) if _is_name(word) and word != "NONE"]
    reasons += [f"soon {soon}"] if _is_name(soon) else []
    reading.templates += [
        TemplateNews(
            account.programme, account.id, str(template), plain_code(str(language)), what, str(said),
            told_at, ", ".join(map(str, reasons)),
        )
        for account in accounts
    ]  # fmt: skip


def _is_name(value: object) -> bool:
    """A name of a template, a language or one of the platform's words: never a sentence."""
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


# --- what became of ours -----------------------------------------------------------------------------


def _status(account: ChannelAccount, status: Json, now: int) -> Status:
    id, said = status.get("id"), _word(status.get("status"))
    if not isinstance(id, str) or not id:
        raise _UnreadError("A status without an id.")
    state = STATES.get(said)
    if state is None:
        raise _UnreadError(f"A status of the kind '{said}', which Pasito does not use.")
    name = status.get("biz_opaque_callback_data")
    errors = [_code(error) for error in _list(status.get("errors")) if isinstance(error, Mapping)]
    return Status(
        account.programme,
        account.id,
        id,
        state,
        _at(status, now),
        name if isinstance(name, str) else "",
        errors[0] if errors and state == "failed" else "",
    )


# --- reading what may be anything ----------------------------------------------------------------------


def _of(item: Json, name: str) -> Json:
    inside = item.get(name)
    return inside if isinstance(inside, Mapping) else {}


def _list(value: object) -> Iterable[Any]:
    return value if isinstance(value, list) else ()


def _word(value: object) -> str:
    """A name of the platform's own, never words of a person."""
    return value if isinstance(value, str) and _WORD.fullmatch(value) else "?"


def _code(error: Json) -> str:
    code = error.get("code")
    return str(code) if isinstance(code, int) and abs(code) < 10**9 else "?"


def _told_at(entry: object, now: int) -> int:
    """When a webhook was written, as it says itself."""
    return _at({"timestamp": entry.get("time")} if isinstance(entry, Mapping) else {}, now)


def _at(item: Json, now: int) -> int:
    """When it happened, as the platform says in seconds; now, if it says nothing readable."""
    seconds = item.get("timestamp")
    if isinstance(seconds, str) and _SECONDS.fullmatch(seconds):
        seconds = int(seconds)
    return seconds * SECOND if isinstance(seconds, int) and seconds in PLAUSIBLE else now
