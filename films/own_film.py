"""An economy's own film: a file of its pack, checked and brought into the two sizes that we show."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from films.encode import transcode
from films.errors import FilmError
from films.tools import Tell, described

MOST_BYTES = 16_000_000  # the most that WhatsApp takes for a video
MOST_SECONDS = 600

_LENGTH = re.compile(r"Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)")


def checked(file: Path) -> float:
    """How many seconds a film has. Raises FilmError for one that is too large, too long, or no film."""
    size = file.stat().st_size
    if size > MOST_BYTES:
        raise FilmError(
            f"{file.name} has {size / 1e6:.0f} MB; {MOST_BYTES // 1_000_000} are the most. Make it smaller first."
        )
    said = described(file)
    length = _LENGTH.search(said)
    if length is None or "Video:" not in said:
        raise FilmError(f"{file.name} is no film that can be read. Export it again, as MP4 with H.264.")
    seconds = int(length[1]) * 3600 + int(length[2]) * 60 + float(length[3])
    if seconds < 1:
        raise FilmError(f"{file.name} is shorter than a second. Export it again, as MP4 with H.264.")
    if seconds > MOST_SECONDS:
        raise FilmError(
            f"{file.name} takes {seconds / 60:.0f} minutes; {MOST_SECONDS // 60} are the most. Shorten it: people watch two."
        )
    return seconds


def transcoded(file: Path, seconds: float, folder: Path, tell: Tell) -> dict[str, Path]:
    """Both copies. Raises FilmError with the file's name."""
    try:
        return transcode(file, seconds, folder, tell)
    except FilmError as error:
        raise FilmError(f"{file.name} cannot be used. {error}") from None


def checked_captions(captions: Path, folder: Path) -> Path:
    """A copy of the captions that lie beside a film. Raises FilmError for what is no WebVTT."""
    try:
        begins = captions.read_text("utf-8-sig")[:6] == "WEBVTT"
    except UnicodeDecodeError:
        begins = False
    if not begins:
        raise FilmError(
            f"{captions.name} holds no captions: a WebVTT file begins with WEBVTT. Correct it, or take it away."
        )
    return Path(shutil.copy(captions, folder / "captions.vtt"))
