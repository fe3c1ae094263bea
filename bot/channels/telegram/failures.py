"""What becomes of a message that Telegram did not take: a table of failures. Pure.

Final answers are those that we know. Anything else passes, and the message is tried again: nobody
is given up for an answer that we see for the first time.
"""

from __future__ import annotations

from typing import Literal

from bot.channels.telegram.line import LineError, NoAnswerError, RefusedError
from store.outbox import Outcome, Outgoing

FIRST_SECONDS = 1.0
LONGEST_SECONDS = 15 * 60.0
TOKEN_SECONDS = 60.0  # how long an account is silent before its token is tried again
TOO_FAST_SECONDS = 5.0  # when Telegram does not say how long

# Answers to a request with a file in it: the file cannot be used, the server takes none, it is too large.
NO_FILE = (400, 404, 413)
# What has the status of one of these, and is about the person and not about the file.
_CHAT = "chat_not_found"

# The answers that Telegram gives for good, by a part of their words, and our codes for the operator.
GONE = {
    "bot was blocked by the user": "blocked",
    "user is deactivated": "deactivated",
    "bot can't initiate conversation": "never_wrote",
    "bot can't send messages to bots": "is_a_bot",
    "bot was kicked": "kicked",
}
REFUSED = {
    "chat not found": _CHAT,
    "user not found": _CHAT,
    "peer_id_invalid": _CHAT,
    "message text is empty": "text_empty",
    "message is too long": "text_too_long",
    "message caption is too long": "caption_too_long",
    "button_data_invalid": "button_data",
    "button_url_invalid": "button_url",
    "button url": "button_url",
    "photo_invalid_dimensions": "photo_dimensions",
    "image_process_failed": "photo_unreadable",
    "wrong file identifier": "photo_unreadable",
    "failed to get http url content": "photo_unreadable",
}


def failed(outgoing: Outgoing, error: LineError, chance: float) -> Outcome:
    """What became of an attempt that failed. chance: from 0 to 1, spreads the next attempts."""
    if isinstance(error, NoAnswerError):
        return _outcome(outgoing, "unknown", "no_answer")
    again = backoff(outgoing.attempts, chance)
    if not isinstance(error, RefusedError):
        return _outcome(outgoing, "retry", "not_reached", after=again)
    match error.status:
        case 429:
            return _outcome(outgoing, "retry", "too_fast", after=error.retry_after or TOO_FAST_SECONDS)
        case 401 | 404:  # 404: a token that never was one, or another server than Telegram's
            return _outcome(outgoing, "retry", "token_refused", after=TOKEN_SECONDS, hold=TOKEN_SECONDS)
        case 403 if code := _code(error, GONE):
            return _outcome(outgoing, "dead", code)
        case 400:
            return _outcome(outgoing, "dead", _code(error, REFUSED) or "bad_request")
        case status:
            return _outcome(outgoing, "retry", f"status_{status}", after=again)


def is_about_file(error: RefusedError) -> bool:
    """Whether Telegram may take the same message without the file that went with it."""
    return error.status in NO_FILE and _code(error, REFUSED) != _CHAT


def is_token_refused(error: LineError) -> bool:
    return isinstance(error, RefusedError) and error.status in (401, 404)


def backoff(attempts: int, chance: float) -> float:
    """Seconds until the next attempt: up to 2, 4, 8 ... of them, at least one and at most 15 minutes.

    Any moment in between is as likely, so that those who failed together do not come back together.
    """
    longest = min(LONGEST_SECONDS, 2.0 ** min(attempts, 20))
    return FIRST_SECONDS + chance * (longest - FIRST_SECONDS)


def _code(error: RefusedError, known: dict[str, str]) -> str:
    return next((code for words, code in known.items() if words in error.description), "")


def _outcome(
    outgoing: Outgoing,
    state: Literal["retry", "unknown", "dead"],
    reason: str,
    *,
    after: float = 0,
    hold: float = 0,
) -> Outcome:
    return Outcome(
        outgoing.programme,
        outgoing.conversation,
        outgoing.place,
        state,
        after=after,
        hold=hold,
        reason=reason,
    )
