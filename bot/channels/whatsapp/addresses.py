"""Who it is: a phone number, an id that WhatsApp made for our business alone, or both.

Since 2026 a person with a username may hide her number, so either may be missing:
https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from store.inbox import Address

PHONE = "whatsapp"
SCOPED = "whatsapp_id"

_PHONE = re.compile(r"\+?([0-9]{5,20})")
_SCOPED = re.compile(r"[A-Z]{2}\.[A-Za-z0-9]{1,128}")
_PARENT = re.compile(r"[A-Z]{2}\.ENT\.[A-Za-z0-9]{1,128}")


def address_of(value: object) -> Address | None:
    """What this string addresses, wherever it stood: some payloads have the scoped id in `from`."""
    if not isinstance(value, str):
        return None
    if phone := _PHONE.fullmatch(value):
        return Address(PHONE, phone[1])
    if _SCOPED.fullmatch(value) or _PARENT.fullmatch(value):
        return Address(SCOPED, value)
    return None


def addresses_of(values: Iterable[object]) -> tuple[Address, ...]:
    """All addresses in these values, phones first, each once.

    The id of a whole group of businesses (`US.ENT. ...`) counts only where nothing else is known:
    nobody needs to be findable across businesses.
    """
    found = dict.fromkeys(address for value in values if (address := address_of(value)))
    parents = [address for address in found if _PARENT.fullmatch(address.value)]
    own = [address for address in found if address not in parents]
    return tuple(sorted(own or parents, key=lambda address: address.kind != PHONE))
