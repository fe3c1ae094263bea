"""What Telegram can show, and how fast it lets us write.

Sources: https://core.telegram.org/bots/api#sendmessage, #sendphoto, #sendvideo, #inlinekeyboardbutton and
https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
"""

from __future__ import annotations

from bot.channels.contract import Capabilities
from store.pacing import Limits

CAPABILITIES = Capabilities(
    name="telegram",
    text=4096,
    buttons=100,  # of one keyboard
    button_label=30,  # longer ones are cut off on a small phone; Telegram itself sets no limit
    rows=12,  # one button each; what is longer pages
    row_label=30,
    row_description=0,
    images=True,
    pulls=False,
    caption=1024,
    videos=50_000_000,
    asks=4096,
    joins=True,
)  # fmt: skip

# One message a second to a person, "short bursts" allowed; thirty a second in all. The account's
# burst stays below thirty, as messages that leave evenly may arrive in heaps.
LIMITS = Limits(person_every=1.0, person_burst=3, account_every=1 / 30, account_burst=20)

VALUE_BYTES = 64  # what a button may carry back
COMMANDS = 100
COMMAND_DESCRIPTION = 256
START_VALUE = 64  # characters of what a link to the bot may carry

# The updates we ask for. What happens in channels, and who reacts how, need not reach us.
UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
