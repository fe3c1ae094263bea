"""`pasito trace CODE`: what happened to one conversation, and what it waits for. No words, no identities."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence

from pasito.columns import columns, moment
from pasito.deployment import open_store
from pasito.letters import SettingsError
from pasito.settings import Settings
from store import programmes, traces
from store.traces import SeveralConversationsError, Step

_WHAT = {
    "received": "came in",
    "decided": "had its turn",
    "queued": "waits to be sent",
    "tried": "was tried, and is tried again",
    "sending": "is being sent",
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "waiting": "waits until the person writes",
    "unknown": "nobody knows whether it arrived",
    "failed": "the platform could not bring it",
    "dead": "given up",
}
_ABOUT = {
    "message": "message",
    "start": "first visit",
    "timer": "reminder that was due",
    "result": "result of a call",
    "command": "command",
    "event": "event",
    "question": "question",
}
# What has not ended yet, and what it is called when several are counted.
_OPEN = {
    "queued": "to be sent",
    "tried": "to be sent once more",
    "sending": "for the answer of the platform",
    "waiting": "until the person writes",
    "unknown": "for a sign that it arrived",
}


def show(settings: Settings, code: str) -> None:
    """Prints the newest steps of the conversation, oldest first, and what is open at the end."""
    database = open_store(settings)
    try:
        with database.read() as tx:
            found = {name: traces.trace(tx, name, code) for name in programmes.programmes(tx)}
    except SeveralConversationsError as error:
        raise SettingsError(str(error)) from None
    finally:
        database.close()
    known = {name: steps for name, steps in found.items() if steps}
    if not known:
        raise SettingsError(
            f"There is no conversation with the code '{code}'. The person reads it after writing *help*; "
            "it looks like 3f2a-91bc-07de. Whoever was erased has none any more."
        )
    for programme, steps in known.items():
        sys.stdout.write(f"Programme {programme}\n\n")
        sys.stdout.write(columns(("when (UTC)", "turn", "what", "happened", "why"), [_row(s) for s in steps]))
        sys.stdout.write(f"\n{_open(steps)}\n")


def _row(step: Step) -> tuple[str, ...]:
    side = "from the person" if step.what in ("received", "decided") and step.about == "message" else ""
    about = _ABOUT.get(step.about, step.about)
    return (
        moment(step.at),
        str(step.number),
        f"{about} {side}".strip(),
        _WHAT.get(step.what, step.what),
        step.why.replace("_", " "),
    )


def _open(steps: Sequence[Step]) -> str:
    """What it waits for."""
    decided = {step.number for step in steps if step.what == "decided"}
    turns = sum(step.what == "received" and step.number not in decided for step in steps)
    replies = Counter(step.what for step in steps if step.what in _OPEN)
    waits = [f"{turns} for a turn"] if turns else []
    waits += [f"{replies[what]} {words}" for what, words in _OPEN.items() if replies[what]]
    return f"Open: {', '.join(waits)}." if waits else "Nothing is open: all was answered and sent."
