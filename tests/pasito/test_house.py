"""The house itself: imports run downward, everything is shipped, and nothing names a machine."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
TOOLS = PROJECT["tool"]
LOCKS = ("requirements.lock", "requirements-video.lock", "requirements-dev.lock")


def packages() -> set[str]:
    return {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}


def files() -> list[Path]:
    """What belongs to the project: all files that are not made, kept or ignored."""
    made = {".venv", ".git", "dist", "data", "build", "__pycache__", ".hypothesis", "node_modules"}
    skipped = (".pyc", ".png", ".jpg", ".mp4", ".webm", ".ttf", ".woff2", ".sqlite3")
    return [
        path
        for path in ROOT.rglob("*")
        if path.is_file()
        and not path.name.endswith(skipped)
        and not any(part in made or part.endswith("_cache") for part in path.relative_to(ROOT).parts)
    ]


def test_imports_run_downward_only():
    linted = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert linted.returncode == 0, linted.stdout + linted.stderr


def test_every_package_is_shipped_linted_and_typed():
    shipped = TOOLS["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert set(shipped) == packages()
    assert set(TOOLS["mypy"]["packages"]) == packages()
    assert set(TOOLS["importlinter"]["root_packages"]) == packages()


def test_every_folder_with_code_is_a_package():
    folders = {path.parent for name in packages() for path in (ROOT / name).rglob("*.py")}
    loose = {
        path for path in folders if not (path / "__init__.py").exists() and "migrations" not in path.parts
    }
    assert loose == set()


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_file_has_a_hash_for_everything_and_no_address(lock):
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert not re.search(r"https?:|file:|--\w*(index|find-links|trusted)|^-[ief] | @ ", text, re.MULTILINE)
    entries = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(entries) > 20
    for entry in entries:
        name = entry.split()[0]
        assert re.fullmatch(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==[\w.!+]+", name), name
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), f"{name} has no hash"


def test_what_tests_need_is_pinned_as_what_runs():
    def pins(lock: str) -> set[str]:
        return set(re.findall(r"^[A-Za-z0-9][^ ]*==[^ ]+", (ROOT / lock).read_text("utf-8"), re.MULTILINE))

    assert pins("requirements.lock") <= pins("requirements-video.lock") <= pins("requirements-dev.lock")


# A path of somebody's machine, or the address of a package index.
MACHINES = re.compile(
    r"/(?:root|work|workspace)/|/home/[a-z]|/Users/[A-Za-z]|[A-Z]:\\Users|/tmp/[a-z]"
    r"|index-url[ =]|registry[ =]+[\"']?https?:|https?://[^ ]*/simple/"
)


def test_no_file_names_a_machine_or_a_package_index():
    found = []
    for path in files():
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if MACHINES.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    assert found == []
