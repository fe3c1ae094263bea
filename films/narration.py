"""Who speaks in a scene, for how long, and when each of its chunks begins.

A recorded file goes first; a voice of espeak-ng reads what nobody has recorded; a film without a voice
gives people the time to read.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from content.voices import SILENT
from films.chunks import Chunk, chunks, ends_sentence
from films.errors import FilmError
from films.script import Scene, Script
from films.tools import decoded
from films.voice import WORDS_A_MINUTE, Voiced, speak

MOST_SCENE_SECONDS = 30.0
MOST_RECORDED_SECONDS = 20.0
RECORDED_RATE = 44_100
QUIET = 330  # of 32,767: about -40 dB; below it is no voice
LEAST_CHUNK_SECONDS = 1.2
READING_SECONDS = 0.4  # for a word that is only shown
_BREATH = 1.0  # in words: what the end of a sentence counts when a recording is parted

# Silence before and behind what is said, to be cut off.
_TRIM = "silenceremove=start_periods=1:start_threshold=-45dB:start_silence=0.05"
_TRIMMED = f"{_TRIM},areverse,{_TRIM},areverse"


@dataclass(frozen=True, slots=True)
class Spoken:
    """A scene as it is heard. sound: 16-bit samples, none if nobody speaks. starts: of each chunk, in seconds."""

    chunks: tuple[Chunk, ...]
    starts: tuple[float, ...]
    seconds: float
    sound: bytes = b""
    rate: int = RECORDED_RATE


def narrated(script: Script, pace: float = 1.0, breath: float = 0.0) -> tuple[Spoken, ...]:
    """All scenes of a film as they are heard. pace: how much faster than calm. breath: seconds of silence
    between sentences, beside those that a voice makes itself.

    Raises FilmError for a recording that cannot be used, with its name.
    """
    return tuple(
        _spoken(scene, script.voice, number, pace, breath) for number, scene in enumerate(script.scenes, 1)
    )


def _spoken(scene: Scene, voice: str, number: int, pace: float, breath: float) -> Spoken:
    parts = chunks(scene.words)
    if scene.recording is not None:
        return _recorded(scene.recording, parts)
    if voice == SILENT:
        spoken = _shown(parts, pace, breath)
    else:
        voiced = speak(scene.words, voice, round(WORDS_A_MINUTE * pace))
        spoken = _voiced(parts, _breathing(voiced, scene.words, breath))
    if spoken.seconds > MOST_SCENE_SECONDS:
        raise FilmError(
            f"Scene {number} takes {spoken.seconds:.0f} seconds; {MOST_SCENE_SECONDS:.0f} are the most. "
            "Shorten its words, or make two scenes of it."
        )
    return spoken


def _voiced(parts: tuple[Chunk, ...], voiced: Voiced) -> Spoken:
    seconds = len(voiced.sound) / 2 / voiced.rate
    if seconds < LEAST_CHUNK_SECONDS / 2:
        raise FilmError(f"The voice says nothing to '{parts[0].text}'. Does it speak this language?")
    places = [place for place, _ in voiced.words]
    starts = []
    for part, share in zip(parts, _shares(parts), strict=True):
        at = bisect_left(places, part.start)
        near = at < len(places) and places[at] < part.start + len(part.text)
        # Where no word of a chunk was announced, it begins after its share of the whole.
        starts.append(voiced.words[at][1] if near else share * seconds)
    return Spoken(parts, _rising(starts), seconds, voiced.sound, voiced.rate)


def _breathing(voiced: Voiced, text: str, breath: float) -> Voiced:
    """The same voice with a longer silence between sentences."""
    pauses = [second for place, second in voiced.ends if ends_sentence(text[:place]) and text[place:].strip()]
    sound, done = bytearray(), 0
    for second in pauses:
        cut = round(second * voiced.rate) * 2
        sound += voiced.sound[done:cut] + bytes(round(breath * voiced.rate) * 2)
        done = cut
    sound += voiced.sound[done:]
    words = tuple(
        (place, second + breath * sum(pause <= second for pause in pauses)) for place, second in voiced.words
    )
    return Voiced(bytes(sound), voiced.rate, words, voiced.ends)


def _recorded(path: Path, parts: tuple[Chunk, ...]) -> Spoken:
    words = ["-vn", "-af", _TRIMMED, "-ac", "1", "-ar", str(RECORDED_RATE), "-f", "s16le"]
    name = "/".join(path.parts[-3:])
    try:
        sound = decoded(path, words, most=2 * MOST_RECORDED_SECONDS, limit=60)
    except FilmError as error:
        raise FilmError(
            f"The recording {name} cannot be used. {error} Record it again, or take it away."
        ) from None
    seconds = len(sound) / 2 / RECORDED_RATE
    if seconds < LEAST_CHUNK_SECONDS / 2 or _peak(sound) < QUIET:
        raise FilmError(f"In the recording {name} nobody is heard. Record it again, or take it away.")
    if seconds > MOST_RECORDED_SECONDS:
        raise FilmError(
            f"The recording {name} is longer than {MOST_RECORDED_SECONDS:.0f} seconds. Speak its scene only, and shorter."
        )
    return Spoken(
        parts, _rising([share * seconds for share in _shares(parts)]), seconds, sound, RECORDED_RATE
    )


def _shown(parts: tuple[Chunk, ...], pace: float, breath: float) -> Spoken:
    """Time to read each chunk: half a second to find it, then word by word."""
    times = [
        max(LEAST_CHUNK_SECONDS, (0.5 + READING_SECONDS * part.words) / pace)
        + breath * ends_sentence(part.text)
        for part in parts
    ]
    return Spoken(parts, (0.0, *accumulate(times[:-1])), sum(times))


def _shares(parts: Sequence[Chunk]) -> list[float]:
    """After which share of the whole each chunk begins, if all is spoken evenly."""
    weights = [len(part.text) / 5 + _BREATH * ends_sentence(part.text) for part in parts]
    return [at / (sum(weights) or 1) for at in (0.0, *accumulate(weights[:-1]))]


def _rising(starts: list[float]) -> tuple[float, ...]:
    return (0.0, *list(accumulate(starts, max))[1:])


def _peak(sound: bytes) -> int:
    samples = array("h", sound[: len(sound) // 2 * 2])
    return max(max(samples, default=0), -min(samples, default=0))
