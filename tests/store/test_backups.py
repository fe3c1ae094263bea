"""The restore drill: a backup of either database fills the other, whole, and erased people stay erased."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import LargeBinary, select, text

from flows.values import Reply
from store import backups, erasure, schema
from store import tables as t
from store.backups import BackupRefusedError, ErasedMark, back_up, read_journal, restore, write_journal
from store.engine import open_database
from store.sealed_files import CHUNK, SealedFileError, read_sealed, write_sealed
from tests.conftest import SECRET
from tests.store.conftest import NOW, Town
from tests.store.test_erasure import CANARY, leave_traces

HOUR = 3_600_000_000
FILLED = {
    "account", "business", "call", "consent", "conversation", "dead_letter", "event",
    "identity", "inbox", "link", "membership", "outbox", "person", "person_day", "person_fact", "picture", "programme",
    "programme_day", "timer",
}  # fmt: skip


@pytest.fixture
def source(town):
    """A town whose database says which schema it has, as one that was migrated does."""
    script = ScriptDirectory(str(Path(schema.__file__).parent / "migrations"))
    with town.database.begin() as tx:
        MigrationContext.configure(tx).stamp(script, "head")
    return town


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request, tmp_path):
    """Where the backup is restored: a database without tables, on each engine in turn."""
    url = f"sqlite:///{tmp_path / 'restored.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("empty_postgres_url")
    database = open_database(url, secret=SECRET)
    yield database
    database.close()


def backup_of(town, secret=SECRET):
    file = io.BytesIO()
    counted = back_up(town.database, file, secret, now=town.now)
    return file.getvalue(), counted


def restored(database, content, **more):
    return restore(database, io.BytesIO(content), SECRET, now=NOW + HOUR, **more)


def fingerprint(database):
    """A hash over every value of every row, and how many rows each table has."""
    hashed, counts = hashlib.sha256(), {}
    with database.read() as tx:
        for table in t.metadata.sorted_tables:
            rows = tx.execute(select(table).order_by(*table.primary_key)).all()
            counts[table.name] = len(rows)
            for row in rows:
                hashed.update(repr((table.name, tuple(row))).encode())
    return hashed.hexdigest(), counts


def fill(town, people=3):
    for number in range(people):
        leave_traces(town, f"person{number}", f"b{number}")


# --- whole --------------------------------------------------------------------------------------


def test_every_row_of_every_table_arrives_as_it_was(source, empty):
    fill(source)
    before, counts = fingerprint(source.database)
    content, counted = backup_of(source)
    done = restored(empty, content)
    assert fingerprint(empty) == (before, counts)
    assert counted == done.rows == counts
    assert (done.about.made_at, done.about.revision) == (source.now, schema.newest())
    assert schema.is_migrated(empty)
    # The drill is worth something only if there was something to lose.
    assert {name for name, rows in counts.items() if rows} >= FILLED


def test_the_conversation_goes_on_after_the_restore(source, empty):
    finish, person = leave_traces(source)
    content, _ = backup_of(source)
    restored(empty, content)
    town = Town(empty, now=NOW + HOUR)
    with empty.begin() as tx:  # the lease of the worker that died with the old database ends
        tx.execute(text("UPDATE conversation SET ready_at = 0, worker = NULL WHERE ready_at IS NOT NULL"))
    again = town.writes("ana", "I am back", key="m:ana:later")
    assert again.conversation == finish.conversation
    claimed = town.claims_one()
    assert claimed.person == person
    assert claimed.state.business.profile == {"sector": CANARY}
    assert claimed.rows[-1].inbound.text == "I am back"
    assert town.finishes(town.finished(claimed, replies=(Reply("Good to see you"),)))[0].outcome == "written"


def test_what_is_written_while_the_backup_runs_is_not_in_it(source, empty):
    fill(source)
    before = fingerprint(source.database)
    writes = iter(range(1))

    def meanwhile(done, total):
        for _ in writes:
            source.writes("ben", "written meanwhile")

    file = io.BytesIO()
    back_up(source.database, file, SECRET, now=NOW, progress=meanwhile)
    assert fingerprint(source.database) != before
    restored(empty, file.getvalue())
    assert fingerprint(empty) == before


def test_progress_goes_up_to_all_rows(source, empty):
    fill(source)
    told = []
    file = io.BytesIO()
    counted = back_up(source.database, file, SECRET, now=NOW, progress=lambda *now: told.append(now))
    assert told[-1] == (sum(counted.values()),) * 2
    told.clear()
    restored(empty, file.getvalue(), progress=lambda *now: told.append(now))
    assert told[-1] == (sum(counted.values()),) * 2


def test_a_database_of_another_schema_is_not_backed_up(town):
    with pytest.raises(BackupRefusedError, match="The database has schema none"):
        back_up(town.database, io.BytesIO(), SECRET, now=NOW)


# --- into what ----------------------------------------------------------------------------------


def test_a_database_with_a_programme_is_left_alone(source):
    fill(source, 1)
    content, _ = backup_of(source)
    before = fingerprint(source.database)
    with pytest.raises(BackupRefusedError, match="holds a programme already"):
        restored(source.database, content)
    assert fingerprint(source.database) == before


def test_a_migrated_database_without_a_programme_can_be_filled(source, empty):
    fill(source, 1)
    schema.migrate(empty)
    restored(empty, backup_of(source)[0])
    assert fingerprint(empty) == fingerprint(source.database)


def test_a_backup_of_a_newer_pasito_is_refused(source, empty, monkeypatch):
    monkeypatch.setattr(backups, "newest", lambda: "9999")
    monkeypatch.setattr(backups, "_refuse_other_tables", lambda tx: None)
    content, _ = backup_of(source)
    monkeypatch.undo()
    with pytest.raises(BackupRefusedError, match="newer Pasito \\(schema 9999"):
        restored(empty, content)
    assert tables_of(empty) == 0


def tables_of(database):
    query = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
    if database.is_sqlite:
        query = "SELECT count(*) FROM sqlite_master"
    with database.read() as tx:
        return tx.execute(text(query)).scalar_one()


def test_a_row_that_points_to_nothing_is_not_let_in(source, empty):
    fill(source, 1)
    connection = source.database.writing.raw_connection()
    off, on = ("PRAGMA foreign_keys=OFF", "PRAGMA foreign_keys=ON")
    if not source.database.is_sqlite:
        off, on = (f"SET session_replication_role = {role}" for role in ("replica", "origin"))
    for statement in (off, "DELETE FROM identity", "DELETE FROM person", on):
        connection.driver_connection.execute(statement)
    connection.commit()
    connection.close()
    with pytest.raises(BackupRefusedError, match="points to one that is not in the backup"):
        restored(empty, backup_of(source)[0])
    assert tables_of(empty) == 0


# --- erased -------------------------------------------------------------------------------------


def test_whoever_was_erased_after_the_backup_stays_erased(source, empty):
    _, ana = leave_traces(source)
    leave_traces(source, "ben", "b9")
    yesterday, _ = backup_of(source)
    with source.database.begin() as tx:
        assert erasure.erase(tx, [("pe", ana)], now=NOW + 1) == 1
    journal = io.BytesIO()
    write_journal(journal, SECRET, backups.journal_of(source.database), now=NOW + 2)
    for newer in (journal.getvalue(), backup_of(source)[0]):
        assert len(read_journal(io.BytesIO(newer), SECRET)) == 1
    done = restored(empty, yesterday, journal=read_journal(io.BytesIO(journal.getvalue()), SECRET))
    assert done.erased_again == 1
    with empty.read() as tx:
        people = set(tx.execute(select(t.person.c.id)).scalars())
    assert ana not in people
    assert len(people) == 1
    for table in t.metadata.sorted_tables:
        assert ana not in str(Town(empty).rows(table)), table
    assert erasure_marks(empty) == erasure_marks(source.database)


def erasure_marks(database):
    return {(one.programme, one.mark) for one in backups.journal_of(database)}


def test_whoever_came_back_before_the_backup_is_not_erased_again(source, empty):
    """Another party reports the same person under the same id after she agreed anew."""
    _, ana = leave_traces(source)
    with source.database.begin() as tx:
        mark = source.database.vault.mark("pe", "erased", ana)
        tx.execute(t.erasure.insert().values(programme_id="pe", mark=mark, at=NOW - 9))
    content, _ = backup_of(source)
    done = restored(empty, content, journal=[ErasedMark("pe", mark, NOW - 9)])
    assert done.erased_again == 0
    assert ana in str(Town(empty).rows(t.person))


def test_the_journal_of_a_later_time_is_kept_even_for_people_the_backup_does_not_know(source, empty):
    content, _ = backup_of(source)
    restored(empty, content, journal=[ErasedMark("pe", "f" * 64, NOW + 5)])
    assert backups.journal_of(empty) == {ErasedMark("pe", "f" * 64, NOW + 5)}


def test_a_journal_alone_is_not_restored(source, empty):
    journal = io.BytesIO()
    write_journal(journal, SECRET, [], now=NOW)
    with pytest.raises(BackupRefusedError, match="holds only erasures"):
        restored(empty, journal.getvalue())


# --- the file -----------------------------------------------------------------------------------


def test_no_word_and_no_address_can_be_read_in_the_bytes(source):
    fill(source)
    content, _ = backup_of(source)
    for canary in (CANARY, "person1", "America/Lima", "video_played"):
        assert canary.encode() not in content
    assert b"everything" in content  # what stands readable at its head


def test_another_key_does_not_open_it(source, empty):
    content, _ = backup_of(source, b"another secret of 32 bytes......")
    with pytest.raises(SealedFileError, match="PASITO_SECRET_KEY does not open it"):
        restored(empty, content)


@pytest.fixture(scope="module")
def sealed():
    """A file of several chunks."""
    import random

    scattered = random.Random(7)
    file = io.BytesIO()
    lines = [scattered.randbytes(600).hex().encode() for _ in range(1500)]
    write_sealed(file, SECRET, backups.About("everything", "0001", NOW), lines)
    assert len(file.getvalue()) > 3 * CHUNK
    return file.getvalue(), lines


def opened(content):
    return list(read_sealed(io.BytesIO(content), SECRET)[1])


def chunks_of(content):
    head = content.index(b"\n", content.index(b"\n") + 1) + 1
    parts, at = [], head
    while at < len(content):
        length = 4 + int.from_bytes(content[at : at + 4], "big")
        parts.append(content[at : at + length])
        at += length
    return content[:head], parts


def test_lines_come_back_as_they_were(sealed):
    content, lines = sealed
    assert opened(content) == lines


@pytest.mark.parametrize("keep", [0, 1, 3, 50, 400, CHUNK, 2 * CHUNK, -1, -17])
def test_a_file_that_was_cut_is_noticed(sealed, keep):
    with pytest.raises(SealedFileError):
        opened(sealed[0][:keep])


def test_chunks_that_were_swapped_dropped_doubled_or_added_are_noticed(sealed):
    head, chunks = chunks_of(sealed[0])
    assert len(chunks) > 3
    for changed in (
        [chunks[1], chunks[0], *chunks[2:]],
        chunks[1:],
        chunks[:-1],
        [],
        [*chunks[:1], *chunks],
        [*chunks, chunks[-1]],
        [*chunks, b"\0\0\0\0"],
    ):
        with pytest.raises(SealedFileError, match="damaged or cut short"):
            opened(head + b"".join(changed))


def test_one_changed_byte_anywhere_is_noticed(sealed):
    content, _ = sealed
    for place in [*range(0, 260, 3), *range(260, len(content), len(content) // 40)]:
        changed = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        with pytest.raises(SealedFileError):
            opened(changed)


def test_a_head_that_says_something_else_is_noticed(sealed):
    content, _ = sealed
    with pytest.raises(SealedFileError, match="damaged"):
        opened(content.replace(b'"0001"', b'"0002"', 1))


def test_chunks_of_another_file_of_the_same_key_do_not_fit(sealed):
    content, lines = sealed
    other = io.BytesIO()
    write_sealed(other, SECRET, backups.About("everything", "0001", NOW), lines)
    head, chunks = chunks_of(content)
    _, foreign = chunks_of(other.getvalue())
    with pytest.raises(SealedFileError, match="damaged"):
        opened(head + chunks[0] + foreign[1] + b"".join(chunks[2:]))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "not a backup of Pasito"),
        (b"SQLite format 3\0", "not a backup of Pasito"),
        (b"PASITO BACKUP 2\n{}\n", "Another version of Pasito made it"),
        (b"PASITO BACKUP 1\nnonsense\n", "damaged"),
        (b'PASITO BACKUP 1\n{"salt": 3}\n', "damaged"),
    ],
)
def test_what_is_no_backup_is_a_sentence(content, sentence):
    with pytest.raises(SealedFileError, match=sentence):
        opened(content)


def test_a_damaged_file_leaves_the_database_without_tables(source, empty):
    fill(source)
    content, _ = backup_of(source)
    with pytest.raises(SealedFileError):
        restored(empty, content[:-1] + bytes([content[-1] ^ 1]))
    assert tables_of(empty) == 0


def test_bytes_travel_as_they_are(source, empty):
    columns = [c for table in t.metadata.sorted_tables for c in table.c if isinstance(c.type, LargeBinary)]
    assert columns
    leave_traces(source)
    png = bytes(range(256))
    with source.database.begin() as tx:
        tx.execute(t.picture.update().values(png=png))
    restored(empty, backup_of(source)[0])
    assert {row["png"] for row in Town(empty).rows(t.picture)} == {png}
