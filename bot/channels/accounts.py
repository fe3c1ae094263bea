"""The accounts of a deployment on platforms that we send to: their programme, their secrets, their limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from store.pacing import Limits

Platform = Literal["telegram", "whatsapp"]


@dataclass(frozen=True, slots=True)
class ChannelAccount:
    """One bot or one phone number.

    name: `default`, or as PASITO_CHANNELS names it. phone_id: WhatsApp's id of the number.
    secrets: what may sign a webhook; two while they are being changed. polling: Telegram is asked
    for updates, so that no public address is needed.
    """

    programme: str
    channel: Platform
    name: str
    api_url: str
    limits: Limits
    token: str = field(repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    verify_token: str = field(default="", repr=False)
    phone_id: str = ""
    polling: bool = False

    @property
    def id(self) -> str:
        """As the store names it: telegram/default."""
        return f"{self.channel}/{self.name}"
