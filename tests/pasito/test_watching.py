"""In development a changed file is live a moment later, and a broken one changes nothing."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from content.problems import Place, Report
from pasito.letters import BrokenPack
from pasito.settings import Settings
from pasito.watching import PackWatcher


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    folder = tmp_path / "zz"
    folder.mkdir()
    (folder / "pack.yaml").write_text("schema: 1\npack: zz\n")
    return Settings(packs=[folder], programme="zz", data_dir=tmp_path, _env_file=None)


def watched(settings: Settings, publish) -> PackWatcher:
    return PackWatcher([settings], publish)


def look(watcher: PackWatcher) -> None:
    for programme, (settings, before) in list(watcher._seen.items()):
        watcher.look(programme, settings, before)


def test_a_changed_file_is_published_once(settings: Settings) -> None:
    published: list[str] = []
    watcher = watched(settings, lambda one: published.append(one.programme))
    look(watcher)
    assert published == []
    (settings.packs[0] / "pack.yaml").write_text("schema: 1\npack: zz\ntitle: New\n")
    look(watcher)
    look(watcher)
    assert published == ["zz"]
    (settings.packs[0] / "notes.txt").write_text("no part of a pack")
    look(watcher)
    assert published == ["zz"]


def test_what_cannot_be_used_is_told_and_the_watch_goes_on(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    report = Report()
    report.add("PACK-001", Place("bank.yaml"), file="bank.yaml")

    def refuse(_: Settings) -> None:
        raise BrokenPack(report.problems)

    watcher = watched(settings, refuse)
    (settings.packs[0] / "bank.yaml").write_text("schema: [")
    with caplog.at_level(logging.WARNING):
        look(watcher)
    assert "'zz' was changed and cannot be used like this" in caplog.text
    assert "The file bank.yaml is missing" in caplog.text
    watcher.stop()


def test_a_change_that_could_not_be_written_is_tried_again(settings: Settings) -> None:
    tries: list[str] = []

    def once_away(one: Settings) -> None:
        tries.append(one.programme)
        if len(tries) == 1:
            raise ConnectionError("the database is away")

    watcher = watched(settings, once_away)
    (settings.packs[0] / "pack.yaml").write_text("schema: 1\npack: zz\ntitle: New\n")
    with pytest.raises(ConnectionError):
        look(watcher)
    look(watcher)
    look(watcher)
    assert tries == ["zz", "zz"]


def test_with_nothing_to_watch_nothing_runs() -> None:
    watcher = PackWatcher([], lambda _: None)
    watcher.start()
    watcher.stop()
