"""The programs that the extra `video` brings: found, started, and what went wrong told calmly."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Timer

from films.errors import FilmError

PACKAGES = ("typst", "imageio_ffmpeg", "espeakng_loader")

LOCAL = ("-protocol_whitelist", "file,pipe")  # before a file of somebody else: it may name no address

Tell = Callable[[float], None]  # how many seconds of film are done

_DONE = re.compile(r"out_time_us=(\d+)")


def missing_packages() -> tuple[str, ...]:
    """Which packages of the extra `video` are not installed."""
    return tuple(name for name in PACKAGES if find_spec(name) is None)


@cache
def ffmpeg() -> str:
    import imageio_ffmpeg

    return str(imageio_ffmpeg.get_ffmpeg_exe())


def run_ffmpeg(words: Sequence[str], *, limit: float, tell: Tell | None = None) -> None:
    """Runs ffmpeg with these words. limit: seconds after which it is stopped.

    Raises FilmError with the last line that ffmpeg said.
    """
    command = [
        ffmpeg(),
        "-hide_banner",
        "-nostdin",
        "-y",
        "-v",
        "error",
        "-nostats",
        "-progress",
        "pipe:1",
        *words,
    ]
    with subprocess.Popen(  # noqa: S603 - our own words, and no shell
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        encoding="utf-8", errors="replace",
    ) as process:  # fmt: skip
        assert process.stdout is not None
        late = Timer(limit, process.kill)
        late.start()
        said = ""
        try:
            for line in process.stdout:
                done = _DONE.match(line)
                if done is not None and tell is not None:
                    tell(int(done[1]) / 1e6)
                elif not re.match(r"\w+=", line) and line.strip():
                    said = line.strip()
        except BaseException:
            process.kill()
            raise
        finally:
            in_time = late.is_alive()
            late.cancel()
    if process.returncode != 0:
        raise FilmError(
            f"ffmpeg stopped: {said}" if in_time else f"ffmpeg took longer than {limit:.0f} seconds."
        )


def decoded(source: Path, words: Sequence[str], *, most: float, limit: float) -> bytes:
    """What ffmpeg makes of a file, from its standard output. most: seconds of the file that are read.

    Raises FilmError for a file that it cannot read.
    """
    command = [
        ffmpeg(),
        "-hide_banner",
        "-nostdin",
        "-v",
        "error",
        *LOCAL,
        "-t",
        str(most),
        "-i",
        str(source),
        *words,
        "pipe:1",
    ]
    try:
        done = subprocess.run(command, capture_output=True, timeout=limit, check=False)  # noqa: S603 - as above
    except subprocess.TimeoutExpired:
        raise FilmError(f"{source.name} took longer than {limit:.0f} seconds to read.") from None
    if done.returncode != 0:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise FilmError(f"{source.name} cannot be read: {lines[-1] if lines else 'ffmpeg says nothing'}.")
    return done.stdout


def described(source: Path) -> str:
    """What ffmpeg says about a file: its streams and its length. Empty for what it cannot read."""
    command = [ffmpeg(), "-hide_banner", "-nostdin", *LOCAL, "-i", str(source)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=60, check=False)  # noqa: S603 - as above
    except subprocess.TimeoutExpired:
        return ""
    return done.stderr.decode("utf-8", "replace")
