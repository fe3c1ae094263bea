"""`pasito talk`: the same conversation in the terminal, through the same door, store and worker."""

from __future__ import annotations

import json
import secrets
import sys
import time
from dataclasses import dataclass, field

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from bot.channels.contract import as_text
from bot.door import clean
from bot.worker import microseconds
from flows.values import Inbound, Reply
from pasito import logs
from pasito.deployment import Deployment, deployment
from pasito.settings import Settings
from store import lookups, outbox
from store.inbox import Address, Arrival, accept

PATIENCE_SECONDS = 10.0
LOOK_SECONDS = 0.02
INDENT = 2


@dataclass
class Record:
    """What was said, to be printed as a conversation test."""

    # Whatever a stranger writes first opens the conversation, as starting the terminal does.
    lines: list[str] = field(default_factory=lambda: ["      - user: hello"])
    language: str = "en"

    def user(self, text: str) -> None:
        self.lines.append(f"      - user: {_quoted(text)}")

    def bot(self, reply: Reply) -> None:
        self.language = reply.lang
        if first := reply.text.strip().partition("\n")[0]:
            self.lines.append(f"      - bot: {_quoted(first)}")

    def printed(self) -> str:
        head = [
            "test_cases:",
            "  - test_case: recorded in the terminal",
            f"    given: {{channel: terminal, language: {self.language}}}",
            "    steps:",
        ]
        return "\n".join([*head, *self.lines]) + "\n"


def _quoted(text: str) -> str:
    """A text of JSON is one of YAML, whatever stands in it."""
    return json.dumps(text, ensure_ascii=False)


class Terminal:
    """One person at this terminal. Each start is a new person, so that one can begin again."""

    def __init__(self, here: Deployment) -> None:
        self.here = here
        self.programme = here.settings.programme
        self.address = Address("terminal", secrets.token_hex(16))
        self.conversation = ""
        self.shown = 0

    def send(self, inbound: Inbound) -> list[Reply]:
        """Hands an inbound in and waits for what is said to it."""
        arrival = Arrival(self.programme, "terminal", inbound, microseconds(), self.address, is_test=True)
        accepted = self.here.writer.submit(accept, arrival).result()
        self.conversation = accepted.conversation or self.conversation
        self.here.worker.ring(self.programme, self.conversation)
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until and not self._at_rest(accepted.seq):
            time.sleep(LOOK_SECONDS)
        return self.news()

    def _at_rest(self, seq: int) -> bool:
        with self.here.database.read() as tx:
            return lookups.at_rest(tx, self.programme, self.conversation, seq)

    def news(self) -> list[Reply]:
        """What was said since the last look. After *delete* it is said to a stranger: a new conversation."""
        with self.here.database.read() as tx:
            home = lookups.whereabouts(tx, self.programme, "terminal", self.address)
            if home is not None and home != self.conversation:
                self.conversation, self.shown = home, 0
            lines, self.shown = outbox.history(
                tx, self.programme, self.conversation, after=self.shown, now=microseconds()
            )
        return [line.said for line in lines if isinstance(line.said, Reply)]


def talk(settings: Settings, *, record: bool) -> None:
    """Talks until the input ends. With `record` the talk goes to stderr, so that stdout is the test alone."""
    logs.begin("WARNING")
    here = deployment(settings)
    here.worker.start()
    terminal, recorded, console = Terminal(here), Record(), Console(stderr=record, highlight=False)
    console.print('[dim]Write your answer, a number, "help" or "menu". Ctrl-D ends.[/dim]\n')
    number = 0
    try:
        _show(console, recorded, terminal.send(_inbound("start", kind="start")))
        while True:
            text = clean(console.input("[bold cyan]> [/bold cyan]"))
            number += 1
            recorded.user(text)
            _show(console, recorded, terminal.send(_inbound(str(number), text=text)))
    except (EOFError, KeyboardInterrupt):
        console.print()
    finally:
        here.close()
    if record:
        sys.stdout.write(recorded.printed())


def _inbound(key: str, *, kind: str = "message", text: str = "") -> Inbound:
    return Inbound(
        f"{secrets.token_hex(8)}:{key}", "start" if kind == "start" else "message", text=text,
        seed=secrets.token_hex(16),
    )  # fmt: skip


def _show(console: Console, recorded: Record, replies: list[Reply]) -> None:
    for reply in replies:
        recorded.bot(reply)
        console.print(Padding(Text(as_text(reply)), (0, 0, 1, INDENT)))
