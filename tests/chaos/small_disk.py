"""A file system of some hundred megabytes that can be filled. It is seen by this process and its children only."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

BYTES = 640_000_000  # Pasito calls a disk with less than 200 MB free full
BALLAST = "ballast"
# A command within this may mount what nobody else sees, without being root.
APART = ("unshare", "--user", "--map-root-user", "--mount")


def missing() -> str | None:
    """What this computer lacks to have small disks."""
    tried = shutil.which("unshare") and subprocess.run([*APART, "true"], capture_output=True, check=False)
    return None if tried and tried.returncode == 0 else "the right to mount a small disk (unshare)"


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={BYTES}", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> None:
    """Until not a byte is free."""
    with (folder / BALLAST).open("ab", buffering=0) as ballast, suppress(OSError):
        room = os.statvfs(folder)
        with suppress(OSError):
            os.posix_fallocate(ballast.fileno(), 0, room.f_bavail * room.f_frsize)
        ballast.seek(0, os.SEEK_END)
        while True:
            ballast.write(b"\0" * 4096)


def free(folder: Path) -> None:
    """There is room again."""
    (folder / BALLAST).unlink()
