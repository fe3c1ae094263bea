"""What a platform hands over in one request or one poll, item by item.

A parser of a channel makes it; `bot.ingest` writes it in one transaction. An item that cannot be
read stands beside the others and never in their way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from store.deliveries import Status
from store.inbox import Arrival
from store.template_states import TemplateNews


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An item that is not what the platform promises.

    key: the platform's id of it, or a hash of its bytes. reason: for the operator, without words
    or names of a person.
    """

    programme: str
    account: str
    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class Courtesy:
    """What is polite and may fail: a press that is answered, a message that is marked as read.

    id: of the callback, or of the message. address: where she writes, for the typing sign.
    """

    account: str
    kind: Literal["pressed", "read"]
    id: str
    address: str
    message_id: str = ""  # of the message whose button was pressed


@dataclass(frozen=True, slots=True)
class Delivery:
    arrivals: tuple[Arrival, ...] = ()
    statuses: tuple[Status, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    courtesies: tuple[Courtesy, ...] = ()
    templates: tuple[TemplateNews, ...] = ()
