"""Which reply each message in a chat was: messages do not say so, so they are laid beside the outbox.

A message whose id we were told is known. Any other one was shown while nobody knew whether it
arrived: it is the reply of the same words that belongs there and was not shown yet, or else a copy.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from bot.channels.telegram.send import message_of
from flows.values import reply_from_json
from store import tables as t
from tests.standins.telegram import Shown, TelegramStandIn

Name = tuple[str, int]  # conversation, place


@dataclass(slots=True)
class _Row:
    """A reply of the outbox as it is shown; message: the platform's id of it, if we were told."""

    place: int
    text: str
    message: int | None
    attempts: int
    shown: int = 0


@dataclass(slots=True)
class _Chat:
    rows: list[_Row] = field(default_factory=list)
    messages: list[Shown] = field(default_factory=list)


def shown_replies(
    tx: Connection, talks: dict[int, str], telegram: TelegramStandIn, account: str
) -> tuple[list[Name], list[int]]:
    """The replies as they arrived, one name for each message; and the chats of messages that are none.

    talks: the conversation of each chat.
    """
    chats: dict[int, _Chat] = defaultdict(_Chat)
    chat_of = {talk: chat for chat, talk in talks.items()}
    ours = t.outbox.c
    wanted = select(ours.conversation_id, ours.place, ours.body, ours.provider_id, ours.attempts)
    for row in tx.execute(
        wanted.where(ours.account_id == account).order_by(ours.conversation_id, ours.place)
    ):
        chat = chat_of[row.conversation_id]
        body = message_of(reply_from_json(row.body), str(chat)).body
        text = str(body.get("text") or body.get("caption") or "")
        message = int(row.provider_id) if row.provider_id else None
        chats[chat].rows.append(_Row(row.place, text, message, row.attempts))
    for shown in telegram.sent:
        chats[shown.chat].messages.append(shown)
    names: list[Name] = []
    strangers: list[int] = []
    for chat, both in chats.items():
        for place in _laid_beside(both):
            if place is None:
                strangers.append(chat)
            else:
                names.append((talks[chat], place))
    return names, strangers


def _laid_beside(chat: _Chat) -> list[int | None]:
    """The place of each message of a chat; None for one that no reply looks like."""
    told = {row.message: row for row in chat.rows if row.message is not None}
    found = [told.get(message.message_id) for message in chat.messages]
    for row in found:
        if row is not None:
            row.shown += 1
    for n, message in enumerate(chat.messages):
        if found[n] is None and (row := _in_doubt(chat.rows, found, n, message.text)):
            row.shown += 1
            found[n] = row
    return [row.place if row else None for row in found]


def _in_doubt(rows: list[_Row], found: list[_Row | None], n: int, text: str) -> _Row | None:
    """The reply that a message was about which nobody told us."""
    alike = [row for row in rows if row.text == text and row.attempts]
    before = max((row.place for row in found[:n] if row), default=0)
    after = min((row.place for row in found[n + 1 :] if row and row.place > before), default=None)
    new = [row for row in alike if not row.shown and row.message is None]
    in_place = [row for row in new if row.place > before and (after is None or row.place < after)]
    # A question whose first try was lost comes for the first time behind later replies.
    asked_again = [row for row in new if row.place <= before and row.attempts > 1]
    # Else it is a copy, most likely of what was tried more than once and stands near.
    tried = sorted(alike, key=lambda row: (row.attempts < 2, abs(row.place - before)))
    return next(iter(in_place or asked_again or tried), None)
