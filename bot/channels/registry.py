"""The capabilities of every channel, by its name. What is not here cannot be answered."""

from __future__ import annotations

from collections.abc import Mapping

from bot.channels.contract import Capabilities
from bot.channels.telegram.capabilities import CAPABILITIES as TELEGRAM
from bot.channels.web.messages import CAPABILITIES as WEB
from bot.channels.whatsapp.capabilities import CAPABILITIES as WHATSAPP

TERMINAL = Capabilities(
    name="terminal", text=0, buttons=0, button_label=0, rows=0, row_label=0, row_description=0,
    images=False, pulls=True,
)  # fmt: skip

CHANNELS: Mapping[str, Capabilities] = {
    capabilities.name: capabilities for capabilities in (WEB, TERMINAL, TELEGRAM, WHATSAPP)
}
