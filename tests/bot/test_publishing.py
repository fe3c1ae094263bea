"""A pack is published while people are in the middle of their check: nobody notices, and words change at once."""

from __future__ import annotations

import secrets
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from bot.shelf import Shelf
from bot.worker import Worker
from content.problems import Report, render
from content.sources import base_sources
from flows.compiler import compile_pack, library_sources
from flows.values import Inbound
from store import inbox, packs, programmes
from store import tables as t
from store.engine import open_database
from store.inbox import Accepted, Address, Arrival
from store.schema import migrate
from store.writer import Writer

PEOPLE = 1_000
START = 1_750_000_000_000_000
# Everybody answers alike: eight questions of consent and business, then the nine items of the quick check.
SCRIPT = ("start", "1", "1", "1", "1", "3", "3", "A", "1", "1", "2", "3", "4", "1", "2", "3", "4", "1", "2")
QUICK_ITEMS = 9


def with_changes() -> dict[str, bytes]:
    """The base with a question more, a step gone, a step renamed, and other words at a question."""
    sources = dict(base_sources())
    bank = sources["bank.yaml"].decode()
    item = bank[bank.index("  - item: A1\n") : bank.index("  - item: A2\n")]
    sources["bank.yaml"] = (
        bank.replace(item, item + item.replace("A1", "A0"), 1)
        .replace(
            "ask: Somebody looks for your business online.",
            "ask: Somebody searches for your business online.",
        )
        .encode()
    )
    flow = sources["flows/take_quick_check.yaml"].decode()
    sources["flows/take_quick_check.yaml"] = flow.replace("id: how_to_answer", "id: how_it_goes").encode()
    about = sources["flows/ask_about_business.yaml"].decode()
    gone = about[about.index("  - say: A good idea") :]
    sources["flows/ask_about_business.yaml"] = about.replace(gone, "").encode()
    return sources


class Town:
    """A thousand people in one database, served by a worker as `pasito run` has it."""

    def __init__(self, folder: Path) -> None:
        self.database = open_database(
            f"sqlite:///{folder / 'town.sqlite3'}", secret=b"a secret of tests only"
        )
        migrate(self.database)
        self.writer = Writer(self.database)
        self.shelf = Shelf(self.database)
        self.publish(base_sources())
        self.people = [Address("web", f"person-{n}") for n in range(PEOPLE)]
        self.said = [0] * PEOPLE
        self.waiting = 0
        self.answered = threading.Condition()
        self.worker = Worker(
            self.database, self.writer, self.shelf, {"picture": lambda _: "none"}, clock=lambda: START
        )
        self.worker.on_finished.append(self._finished)
        self.worker.start()

    def publish(self, sources: dict[str, bytes]) -> str:
        report = Report()
        version = compile_pack(sources, report)
        assert version is not None, render(report.problems)
        texts = {path: text.decode() for path, text in {**library_sources(), **sources}.items()}
        with self.database.begin() as tx:
            programmes.keep_programme(tx, "base", zone="Etc/UTC", now=START)
            programmes.keep_account(tx, "base", "web", channel="web", pulls=True, now=START)
            packs.publish(
                tx, "base", texts, structure=version.structure, content=version.content, by="Ben", now=START
            )
        self.shelf.refresh()
        return version.structure

    def _finished(self, _: str, __: str) -> None:
        with self.answered:
            self.waiting -= 1
            self.answered.notify_all()

    def speak(self, who: list[int]) -> None:
        """Each of these people sends the next message of the script; all are answered at the end."""
        self.waiting = len(who)
        arrivals = [
            Arrival(
                "base", "web",
                Inbound(f"{n}:{self.said[n]}", text=SCRIPT[self.said[n]], seed=secrets.token_hex(16)),
                START, self.people[n],
            )
            for n in who
        ]  # fmt: skip
        accepted = self.writer.submit_all(inbox.accept, arrivals).result()
        assert all(isinstance(one, Accepted) and one.new for one in accepted)
        with self.answered:
            assert self.answered.wait_for(lambda: self.waiting <= 0, 60), f"{self.waiting} were not answered"
        for n in who:
            self.said[n] += 1

    def close(self) -> None:
        self.worker.stop()
        self.writer.stop()
        self.database.close()


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    town = Town(tmp_path)
    yield town
    town.close()


def test_a_thousand_people_in_the_middle_of_a_check_do_not_notice_a_new_structure(town: Town) -> None:
    places = [n % (len(SCRIPT) + 1) for n in range(PEOPLE)]  # how far each is when the pack is published
    for place in range(len(SCRIPT)):
        if who := [n for n in range(PEOPLE) if places[n] > place]:
            town.speak(who)
    with town.database.read() as tx:
        old = packs.live(tx, "base")
        standing = packs.standing_in(tx, "base")
    assert old is not None
    begun = sum(place > 0 for place in places)
    assert standing == {old.structure: begun}

    new = town.publish(with_changes())
    assert new != old.structure

    while who := [n for n in range(PEOPLE) if town.said[n] < len(SCRIPT)]:
        town.speak(who)

    with town.database.read() as tx:
        taken = Counter(_taken(tx))
        said = [str(body) for body in tx.execute(select(t.outbox.c.body)).scalars()]
    # Who had begun, wherever she was, has the answers and the result that everybody has who was done before.
    ours, theirs = taken.most_common()
    assert ours[1] == begun
    assert theirs[1] == PEOPLE - begun
    assert len(ours[0][0]) == QUICK_ITEMS
    assert "A0" not in dict(ours[0][0])
    assert "A0" in dict(theirs[0][0])  # a new run takes what is live
    assert not any("earlier question" in line or "went wrong" in line for line in said)
    assert any("Somebody searches for your business" in line for line in said)


def _taken(tx: Connection) -> Iterator[tuple[tuple[tuple[str, str], ...], float | None]]:
    """What each check has found: the answers and the overall score."""
    columns = t.assessment.c
    for answers, result in tx.execute(select(columns.answers, columns.result)):
        yield tuple(sorted(answers.items())), (result or {}).get("overall")
