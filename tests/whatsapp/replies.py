"""Replies as the engine makes them, and as they stand in the outbox."""

from __future__ import annotations

from typing import Any

from flows.values import ChoiceShown, Reply
from store.outbox import Outgoing
from tests.whatsapp.webhooks import NOW, PHONE

HOUR = 3_600_000_000


def choices(*labels: str | tuple[str, str], number: int = 4) -> tuple[ChoiceShown, ...]:
    """Choices with these labels, or (label, short)."""
    pairs = [label if isinstance(label, tuple) else (label, "") for label in labels]
    return tuple(ChoiceShown(f"{number}:c{at}", label, short) for at, (label, short) in enumerate(pairs))


def question(*labels: str | tuple[str, str], text: str = "Do you sell online?", **more: Any) -> Reply:
    facts: dict[str, Any] = {"expects": "one", "choices": choices(*labels), **more}
    return Reply(text, "question", "es-PE", **facts)


def outgoing(reply: Reply | str = "hola", **more: Any) -> Outgoing:
    """A reply that is to go to Ana, who wrote a moment ago."""
    facts: dict[str, Any] = {
        "programme": "pe",
        "account": "whatsapp/default",
        "channel": "whatsapp",
        "conversation": "talk",
        "place": 7,
        "address": PHONE,
        "reply": Reply(reply, lang="es-PE") if isinstance(reply, str) else reply,
        "attempts": 1,
        "window_until": NOW + HOUR,
        "address_kind": "whatsapp",
    }
    return Outgoing(**{**facts, **more})
