"""Inbounds and replies as JSON, as the inbox and the outbox keep them."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from flows.values import ChoiceShown, Image, Inbound, Link, Progress, Reply, Video

Json = dict[str, Any]


def inbound_to_json(inbound: Inbound) -> Json:
    """Without the key: platforms put their ids of persons into it, and the inbox keeps only its hash."""
    out: Json = {}
    for name in ("text", "choice", "media", "seed"):
        if value := getattr(inbound, name):
            out[name] = value
    if inbound.choices:
        out["choices"] = list(inbound.choices)
    if inbound.data:
        out["data"] = dict(inbound.data)
    return out


def inbound_from_json(key: str, kind: Any, body: Json | None) -> Inbound:
    """What `inbound_to_json` wrote; without a body only that something came."""
    body = body or {}
    return Inbound(
        key=key,
        kind=kind,
        text=body.get("text", ""),
        choice=body.get("choice"),
        choices=tuple(body.get("choices", ())),
        media=body.get("media"),
        seed=body.get("seed", ""),
        data=body.get("data", {}),
    )


# The parts of a reply that are values themselves.
_PARTS: dict[str, type[Any]] = {
    "more": ChoiceShown,
    "progress": Progress,
    "link": Link,
    "image": Image,
    "video": Video,
}


def reply_to_json(reply: Reply) -> Json:
    """What differs from a plain text reply, and its text."""
    out: Json = {"text": reply.text, "kind": reply.kind, "lang": reply.lang}
    for name, default in _REPLY_DEFAULTS.items():
        value = getattr(reply, name)
        if value != default:
            out[name] = _plain(value)
    return out


def reply_from_json(body: Json) -> Reply:
    """What `reply_to_json` wrote."""
    values = dict(body)
    for name, kind in _PARTS.items():
        if name in values:
            values[name] = kind(**values[name])
    if "choices" in values:
        values["choices"] = tuple(ChoiceShown(**choice) for choice in values["choices"])
    return Reply(**values)


_REPLY_DEFAULTS = {
    part.name: part.default for part in fields(Reply) if part.name not in ("text", "kind", "lang")
}


def _plain(value: Any) -> Any:
    """A value of flows.values as JSON."""
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if is_dataclass(value):
        return {part.name: getattr(value, part.name) for part in fields(value)}
    return value
