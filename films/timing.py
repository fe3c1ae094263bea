"""When everything in a film happens, in frames: the opening, each scene, each chunk, the last card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from films.chunks import ends_sentence
from films.errors import FilmError
from films.narration import Spoken, narrated
from films.script import Script

RATE = 25  # frames a second
OPENING = round(2.5 * RATE)
CLOSING = 3 * RATE
BEFORE = 7  # frames of a scene before anybody speaks: the picture is there first
AFTER = 15
FADE = 6  # from one picture to the next

MOST, LEAST = 88.0, 61.0  # seconds; a film outside is spoken faster, or with more silence
BREATH, LONGEST_BREATH = 0.25, 0.8  # seconds between sentences, beside the pauses of the voice
FASTEST, SLOWEST = 1.2, 0.9
LONGEST = 150.0  # seconds; recorded voices take their time


@dataclass(frozen=True, slots=True)
class Cue:
    """A chunk of scene `scene` (from 1) that is shown from frame `start` to frame `end`."""

    scene: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Timing:
    """scenes: the frames at which each scene begins and ends. frames: of the whole film."""

    scenes: tuple[tuple[int, int], ...]
    cues: tuple[Cue, ...]
    frames: int

    @property
    def seconds(self) -> float:
        return self.frames / RATE


def told(script: Script) -> tuple[tuple[Spoken, ...], Timing]:
    """A film as it is heard, between 60 and 90 seconds long if that can be, and when all happens.

    A short one gets more time to look at its pictures, a long one is spoken a little faster.
    """
    spoken = narrated(script, breath=BREATH)
    timing = timed(spoken)
    if timing.seconds > MOST:
        voiced = sum(one.seconds for one in spoken)
        pace = voiced / max(voiced - (timing.seconds - MOST), 1.0)
        spoken = narrated(script, min(pace, FASTEST), BREATH)
        timing = timed(spoken)
    elif timing.seconds < LEAST:
        breaths = sum(ends_sentence(part.text) for one in spoken for part in one.chunks)
        breath = BREATH + (LEAST - timing.seconds) / max(breaths, 1)
        pace = max(SLOWEST, LONGEST_BREATH / breath) if breath > LONGEST_BREATH else 1.0
        spoken = narrated(script, pace, min(breath, LONGEST_BREATH))
        timing = timed(spoken, breath)
    if timing.seconds > LONGEST:
        raise FilmError(
            f"The film takes {timing.seconds:.0f} seconds; {LONGEST:.0f} are the most. Shorten its words or recordings."
        )
    return spoken, timing


def timed(spoken: Sequence[Spoken], breath: float = BREATH) -> Timing:
    """breath: seconds of silence behind a scene, too."""
    after = AFTER + round((min(breath, LONGEST_BREATH) - BREATH) * RATE)
    scenes: list[tuple[int, int]] = []
    cues: list[Cue] = []
    at = OPENING
    for number, one in enumerate(spoken, 1):
        begin, end = at, at + BEFORE + round(one.seconds * RATE) + after
        # The first words stand there as soon as the picture does.
        starts = [begin, *(begin + BEFORE + round(start * RATE) for start in one.starts[1:])]
        for part, start, stop in zip(one.chunks, starts, [*starts[1:], end], strict=True):
            cues.append(Cue(number, start, stop, part.text))
        scenes.append((begin, end))
        at = end
    return Timing(tuple(scenes), tuple(cues), at + CLOSING)
