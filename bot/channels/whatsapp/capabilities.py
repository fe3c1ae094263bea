"""What WhatsApp shows, and how fast it lets us write."""

from __future__ import annotations

from bot.channels.contract import Capabilities
from store.pacing import Limits

# https://developers.facebook.com/docs/whatsapp/cloud-api/guides/send-messages
CAPABILITIES = Capabilities(
    name="whatsapp", text=4096, buttons=3, button_label=20, rows=10, row_label=24, row_description=72,
    images=True, pulls=False, caption=1024, videos=16_000_000, asks=1024, joins=True,
)  # fmt: skip

BUTTON_TEXT = 20  # what opens a list, and what stands on a link button
BUTTON_ID = 256
ROW_ID = 200
CALLBACK_DATA = 512

# One message in 6 seconds to a person, of which a few may go at once and are paid back; 80 a second
# from a number: https://developers.facebook.com/documentation/business-messaging/whatsapp/throughput
LIMITS = Limits(person_every=6, person_burst=3, account_every=1 / 80, account_burst=80)
