"""`pasito test`: plays the conversation tests of a pack, in each of its languages, and says what differs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from content.problems import Report, render
from content.sources import read_folder
from content.words import chain
from flows.compiler import compile_pack
from flows.conversations import Played, play_file
from flows.version import Version, Versions
from pasito.deployment import compiled_pack
from pasito.letters import BrokenPack
from pasito.settings import Settings


def play(settings: Settings, name: str | None) -> int:
    """Plays all tests. Gives back the exit code: 0 if all went as written, in all languages."""
    version = compiled_pack(settings, name)
    report = Report()
    played = play_all(version, report, _publisher(Path(name) if name else Path()))
    sys.stdout.write(render(report.problems))
    failed = sum(not one.ok for one in played)
    unfinished = [tag for tag in version.pack.languages if not version.words.is_whole(tag)]
    languages = len(version.pack.languages) - len(unfinished)
    sys.stdout.write(
        f"{len(played) - failed} conversations went as written, {failed} did not"
        f"{f' (in {languages} languages)' if languages > 1 else ''}.\n"
    )
    for language in unfinished:
        sys.stdout.write(f"Nothing was played in {language}, which is not complete (pasito i18n status).\n")
    return 0 if report.ok else 1


def play_all(
    version: Version, report: Report, publish: Callable[[str], Version] | None = None
) -> list[Played]:
    """All conversation tests of a pack: as they are written, then in each other language that is complete."""
    played: list[Played] = []
    others = [tag for tag in version.pack.languages if chain(tag) and version.words.is_whole(tag)]
    for document in version.pack.test_sources:
        for language in (None, *others):
            played += play_file(
                document.value, document.marks, document.file, Versions(version), report, publish,
                language=language,
            )  # fmt: skip
    return played


def _publisher(base: Path) -> Callable[[str], Version]:
    def publish(folder: str) -> Version:
        report = Report()
        version = compile_pack(read_folder(base / folder), report)
        if version is None:
            raise BrokenPack(report.problems)
        return version

    return publish
