"""A wall clock for Pasito and its database that can be set, while that of the computer stays as it is."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("clock.c")


def missing() -> str | None:
    """What this computer lacks to set clocks."""
    return None if shutil.which("cc") else "a C compiler"


class Clock:
    """folder: one that every user can read, as PostgreSQL may run as another one."""

    def __init__(self, folder: Path) -> None:
        library = folder / "clock.so"
        build = ["cc", "-shared", "-fPIC", "-O2", "-o", str(library), str(SOURCE), "-ldl"]
        subprocess.run(build, check=True)
        self._file = folder / "ahead"
        self.set(0)
        self.environment = {"LD_PRELOAD": str(library), "CHAOS_CLOCK": str(self._file)}

    def set(self, seconds: int) -> None:
        """From now on it goes so many seconds before the real one; behind it, if negative."""
        with self._file.open("r+b" if self._file.exists() else "wb") as file:
            file.write(struct.pack("q", seconds))
