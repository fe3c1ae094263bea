"""Who has to be silent after "Too Many Requests": one chat, or the whole account.

Telegram gives the same answer for both and names none of them. So the account is meant when we
were busy and this chat had no more than its share, or when a second chat gets the answer while the
first still waits.
"""

from __future__ import annotations

from collections import deque

BUSY = 20  # messages in a second from which on the limit of the account may be meant
WINDOW_SECONDS = 1.0


class Floods:
    """What was sent lately, and who was told to wait. Times are seconds of a steady clock."""

    def __init__(self) -> None:
        self._sent: deque[tuple[float, str]] = deque()
        self._chats: dict[str, float] = {}
        self._all_until = 0.0

    def sent(self, chat: str, now: float) -> None:
        """A message goes out."""
        self._sent.append((now, chat))
        while self._sent[0][0] <= now - WINDOW_SECONDS:
            self._sent.popleft()

    def asked(self, chat: str, seconds: float, now: float) -> bool:
        """A chat got the answer; whether the whole account is meant."""
        self._chats = {other: until for other, until in self._chats.items() if until > now}
        others = any(other != chat for other in self._chats)
        mine = sum(1 for _, other in self._sent if other == chat)
        everybody = others or (len(self._sent) >= BUSY and mine <= 1)
        self._chats[chat] = max(now + seconds, self._chats.get(chat, 0.0))
        if everybody:
            self._all_until = max(now + seconds, self._all_until)
        return everybody

    def is_silent(self, chat: str, now: float) -> bool:
        """Whether nothing may go to this chat now."""
        return max(self._all_until, self._chats.get(chat, 0.0)) > now
