"""`pasito test`: plays the conversation tests of a pack and says what differs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from content.problems import Report, render
from content.sources import read_folder
from flows.compiler import compile_pack
from flows.conversations import Played, play_file
from flows.version import Version, Versions
from pasito.deployment import BrokenPack, compiled_pack
from pasito.settings import Settings


def play(settings: Settings, folder: Path | None) -> int:
    """Plays all tests. Gives back the exit code: 0 if all went as written."""
    version = compiled_pack(settings, folder)
    report = Report()
    played: list[Played] = []
    for document in version.pack.test_sources:
        played += play_file(
            document.value, document.marks, document.file, Versions(version), report, _publisher(folder)
        )
    sys.stdout.write(render(report.problems))
    failed = sum(not one.ok for one in played)
    sys.stdout.write(f"{len(played) - failed} conversations went as written, {failed} did not.\n")
    return 0 if report.ok else 1


def _publisher(base: Path | None) -> Callable[[str], Version]:
    def publish(folder: str) -> Version:
        report = Report()
        version = compile_pack(read_folder((base or Path()) / folder), report)
        if version is None:
            raise BrokenPack(report.problems)
        return version

    return publish
