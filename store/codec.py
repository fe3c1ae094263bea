"""Inbounds as JSON, as the inbox keeps them."""

from __future__ import annotations

from typing import Any

from flows.values import Inbound

Json = dict[str, Any]


def inbound_to_json(inbound: Inbound) -> Json:
    """Without the key: platforms put their ids of persons into it, and the inbox keeps only its hash."""
    out: Json = {}
    if inbound.text:
        out["text"] = inbound.text
    if inbound.choice:
        out["choice"] = inbound.choice
    if inbound.media:
        out["media"] = inbound.media
    if inbound.seed:
        out["seed"] = inbound.seed
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
