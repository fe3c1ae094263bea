"""A desk in an economy's office: a folder with packs, at which commands are typed as people type them."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from unittest import mock

from flows.compiler import library_sources
from pasito.cli import main

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Typed:
    """What a command wrote, and how it ended."""

    returncode: int
    stdout: str
    stderr: str


@dataclass
class Desk:
    """Commands run in `folder`, with its folder `packs` in the settings once that is there."""

    folder: Path
    programme: str = "zz"

    def type(self, *words: str, **environment: str) -> Typed:
        """A command, as the console script runs it, without the cost of a process of its own."""
        out, err, code = io.StringIO(), io.StringIO(), 0
        with (
            chdir(self.folder), mock.patch.dict(os.environ, self._environment(environment), clear=True),
            mock.patch.object(sys, "argv", ["pasito", *words]), redirect_stdout(out), redirect_stderr(err),
        ):  # fmt: skip
            try:
                main()
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else int(end.code is not None)
        return Typed(code, out.getvalue(), err.getvalue())

    def talk(self, says: str, **environment: str) -> str:
        """A conversation in the terminal, in a process of its own."""
        done = subprocess.run(
            [sys.executable, "-m", "pasito", "talk"],
            cwd=self.folder, input=says, text=True, capture_output=True, timeout=60, check=False, encoding="utf-8",
            env={"PYTHONPATH": str(ROOT), **self._environment(environment)},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _environment(self, more: Mapping[str, str]) -> dict[str, str]:
        there = (self.folder / "packs").is_dir()
        packs = {"PASITO_PACKS": "packs", "PASITO_PROGRAMME": self.programme} if there else {}
        return {"PATH": os.environ["PATH"], "COLUMNS": "100", "LC_ALL": "C.UTF-8", **packs, **more}

    def path(self, name: str) -> Path:
        return self.folder / "packs" / self.programme / name

    def write(self, name: str, text: str) -> None:
        self.path(name).parent.mkdir(parents=True, exist_ok=True)
        self.path(name).write_text(text, encoding="utf-8")

    def read(self, name: str) -> str:
        return self.path(name).read_text(encoding="utf-8")

    def swap(self, name: str, old: str, new: str) -> None:
        """Other words in a file; those that are to go must be there."""
        text = self.read(name)
        assert old in text, f"{old!r} is not in {name}"
        self.write(name, text.replace(old, new, 1))

    def translate(self, name: str, key: str, text: str) -> None:
        """A translation of a text that has none, as a translator writes it."""
        entry = re.compile(rf'(msgctxt "{re.escape(key)}"\n(?:(?!msgstr).*\n)+)msgstr ""\n')
        done, count = entry.subn(lambda found: f'{found[1]}msgstr "{text}"\n', self.read(name))
        assert count == 1, f"{key} is not there without a translation"
        self.write(name, done)

    def next_base(self, *changes: tuple[str, str, str]) -> None:
        """A later release: a base beside the packs, in which some words of files are others."""
        folder = self.folder / "packs" / "base"
        if not folder.exists():
            with resources.as_file(resources.files("content") / "packs" / "base") as base:
                for source in base.rglob("*.yaml"):
                    place = folder / source.relative_to(base)
                    place.parent.mkdir(parents=True, exist_ok=True)
                    place.write_bytes(source.read_bytes())
        for name, old, new in changes:
            text = (folder / name).read_text(encoding="utf-8")
            assert old in text, f"{old!r} is not in {name}"
            (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    def files(self) -> dict[str, bytes]:
        folder = self.folder / "packs"
        return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def library_is_in(folder: Path) -> bool:
    return all((folder / path).is_file() for path in library_sources())
