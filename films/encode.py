"""From pictures and voices to two MP4 files: one in full size, one for little data.

The drawings drift slowly; between scenes one fades into the next. Everything else stands still, which
costs few bytes: H.264 as old phones play it, AAC, and the table of contents at the beginning.
"""

from __future__ import annotations

import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from films.errors import FilmError
from films.narration import Spoken
from films.slides import HEIGHT, PICTURE, WIDTH, Slides
from films.timing import BEFORE, CLOSING, FADE, OPENING, RATE, Timing
from films.tools import LOCAL, Tell, run_ffmpeg

DRIFT = 0.035  # how much larger a picture is at the end of its scene
SHARE_OF_LIMIT = 8  # seconds that ffmpeg may take for one second of film
LEAST_LIMIT = 120.0


@dataclass(frozen=True, slots=True)
class Size:
    """A copy of a film. bytes: at most, for a film of up to 90 seconds. crf: H.264's measure, less is finer.

    sound: bits a second.
    """

    name: str
    width: int
    height: int
    rate: float
    bytes: int
    crf: int
    harder: int  # the second try, if the first is too large
    preset: str  # how hard x264 tries; where bytes are many, time counts
    sound: str

    def limit(self, seconds: float) -> int:
        """Bytes that a film of this length may have. WhatsApp takes no video over 16 MB."""
        return min(round(self.bytes * max(1.0, seconds / 90)), 16_000_000)


LARGE = Size("large", WIDTH, HEIGHT, RATE, 5_000_000, 20, 28, "veryfast", "64k")
SMALL = Size("small", WIDTH // 2, HEIGHT // 2, RATE / 2, 1_000_000, 27, 33, "medium", "32k")
SIZES = (LARGE, SMALL)


def encode(
    slides: Slides, spoken: Sequence[Spoken], timing: Timing, folder: Path, tell: Tell | None = None
) -> dict[str, Path]:
    """Both copies of a film, by the name of their size. Raises FilmError with what ffmpeg said."""
    sounds = _write_sounds(spoken, timing, folder)
    strips = _write_strips(slides, timing, folder)
    files = {size.name: folder / f"{size.name}.mp4" for size in SIZES}
    speaks = any(one.sound for one in spoken)
    words = [word for path in (*slides.drawings, slides.last[0]) for word in ("-i", str(path))]
    words += ["-f", "concat", "-safe", "0", "-i", str(strips)]
    words += [word for path in sounds for word in ("-i", str(path))]
    words += ["-filter_complex", _graph(timing, len(sounds), speaks=speaks)]
    for size in SIZES:
        words += [
            "-map",
            f"[{size.name}]",
            "-map",
            f"[{size.name}_sound]",
            *_codec(size, size.crf),
            str(files[size.name]),
        ]
    run_ffmpeg(words, limit=_limit(timing.seconds), tell=tell)
    for size in SIZES:
        fit(files[size.name], size, timing.seconds)
    return files


def fit(file: Path, size: Size, seconds: float) -> None:
    """Makes a copy that is too large smaller, once. Raises FilmError if it is too large still."""
    if file.stat().st_size <= size.limit(seconds):
        return
    beside = file.with_name(f"again-{file.name}")
    run_ffmpeg(["-i", str(file), *_codec(size, size.harder), str(beside)], limit=_limit(seconds))
    beside.replace(file)
    found, limit = file.stat().st_size, size.limit(seconds)
    if found > limit:
        raise FilmError(
            f"The {size.name} copy has {found / 1e6:.1f} MB; {limit / 1e6:.1f} are the most. Use calmer pictures, or a shorter film."
        )


def write_poster(picture: Path, strip: Path | None, poster: Path) -> None:
    """The opening as a JPEG: what is seen before anybody presses play. strip: what stands below the picture."""
    if strip is None:
        words = ["-i", str(picture), "-vf", _within(LARGE)]
    else:
        graph = f"[0:v]scale={WIDTH}:{PICTURE}:flags=area[above];[above][1:v]vstack"
        words = ["-i", str(picture), "-i", str(strip), "-filter_complex", graph]
    run_ffmpeg([*words, "-frames:v", "1", "-q:v", "4", "-f", "image2", "-update", "1", str(poster)], limit=60)


def transcode(source: Path, seconds: float, folder: Path, tell: Tell | None = None) -> dict[str, Path]:
    """Both copies of somebody's own film."""
    files = {size.name: folder / f"{size.name}.mp4" for size in SIZES}
    graph = f"[0:v]split[a][b];[a]{_within(LARGE)},fps={LARGE.rate}[large];[b]{_within(SMALL)},fps={SMALL.rate}[small]"
    words = [*LOCAL, "-i", str(source), "-filter_complex", graph]
    for size in SIZES:
        words += ["-map", f"[{size.name}]", "-map", "0:a:0?", *_codec(size, size.crf), str(files[size.name])]
    run_ffmpeg(words, limit=_limit(seconds), tell=tell)
    for size in SIZES:
        fit(files[size.name], size, seconds)
    return files


def _within(size: Size) -> str:
    """As large as it fits, never enlarged; H.264 wants even numbers."""
    return (
        f"scale='min({size.width},iw)':'min({size.height},ih)':force_original_aspect_ratio=decrease:"
        "force_divisible_by=2,setsar=1"
    )


def _limit(seconds: float) -> float:
    return max(LEAST_LIMIT, SHARE_OF_LIMIT * seconds)


def _codec(size: Size, crf: int) -> list[str]:
    return [
        "-c:v", "libx264", "-profile:v", "main", "-level:v", "3.1", "-preset", size.preset, "-tune", "animation",
        "-crf", str(crf), "-pix_fmt", "yuv420p", "-g", str(round(size.rate * 8)), "-threads", "1",
        "-maxrate", f"{size.bytes * 8 // 90_000}k", "-bufsize", f"{size.bytes * 8 // 22_500}k",
        "-c:a", "aac", "-b:a", size.sound, "-ac", "1", "-ar", "44100",
        "-movflags", "+faststart", "-map_metadata", "-1", "-fflags", "+bitexact",
    ]  # fmt: skip


def _graph(timing: Timing, sounds: int, *, speaks: bool) -> str:
    """What ffmpeg does with the inputs: a drawing for each scene, the upper part of the last card, the strips, sounds."""
    parts = [*_pictures(timing)]
    strips = len(timing.scenes) + 1
    parts.append(f"[{strips}:v]fps={RATE},trim=end_frame={timing.frames},format=yuv420p,setsar=1[strips]")
    parts.append("[pictures][strips]vstack[film]")
    parts.append("[film]split[large][whole]")
    parts.append(f"[whole]fps={SMALL.rate},scale={SMALL.width}:{SMALL.height}:flags=area[small]")
    voices = "".join(f"[v{number}]" for number in range(sounds))
    parts += [
        f"[{strips + 1 + n}:a]aresample=44100,aformat=channel_layouts=mono[v{n}]" for n in range(sounds)
    ]
    # As loud as phones expect, and the same from film to film; silence stays silent.
    loud = "highpass=f=80,loudnorm=I=-16:TP=-2:LRA=11,aresample=44100," if speaks else ""
    parts.append(f"{voices}concat=n={sounds}:v=0:a=1,{loud}asplit[large_sound][small_sound]")
    return ";".join(parts)


def _pictures(timing: Timing) -> list[str]:
    """The upper part: each scene's drawing drifts for as long as it is seen, and fades into the next."""
    parts = []
    last = len(timing.scenes) - 1
    for number, (begin, end) in enumerate(timing.scenes):
        begin = 0 if number == 0 else begin  # the first is under the title, too
        frames = end - begin + FADE
        still = OPENING if number == 0 else 0
        share = f"min(max(on-{still},0)/{frames - still},1)"
        # Near in one scene, away in the next. The drift has no jerk: it begins and ends slowly.
        eased = f"(1-cos(PI*{share}))/2"
        zoom = f"1+{DRIFT}*{eased}" if number % 2 == 0 else f"1+{DRIFT}*(1-{eased})"
        parts.append(
            f"[{number}:v]format=yuv444p,zoompan=z='{zoom}':x='(iw-iw/zoom)/2':y='(ih-ih/zoom)/2':d={frames}:"
            f"s={WIDTH}x{PICTURE}:fps={RATE},format=yuv420p,setsar=1[p{number}]"
        )
    parts.append(
        f"[{last + 1}:v]format=yuv420p,loop=loop={CLOSING}:size=1:start=0,setpts=N/{RATE}/TB,fps={RATE},"
        f"trim=end_frame={CLOSING},setsar=1[p{last + 1}]"
    )
    before = "p0"
    for number in range(1, last + 2):
        at = timing.scenes[number][0] if number <= last else timing.scenes[last][1]
        name = "pictures" if number == last + 1 else f"x{number}"
        frames = FADE if number <= last else 1  # the last card has words above and below: it comes at once
        parts.append(
            f"[{before}][p{number}]xfade=transition=fade:duration={frames / RATE:.3f}:offset={at / RATE:.3f}[{name}]"
        )
        before = name
    return parts


def _write_strips(slides: Slides, timing: Timing, folder: Path) -> Path:
    """The list of what stands below the drawings, and how long."""
    shown = [(slides.title, OPENING)]
    shown += [(path, cue.end - cue.start) for path, cue in zip(slides.captions, timing.cues, strict=True)]
    shown.append((slides.last[1], CLOSING))
    lines = ["ffconcat version 1.0"]
    for path, frames in shown:
        lines += [f"file '{path.name}'", f"duration {frames / RATE:.3f}"]
    lines.append(f"file '{slides.last[1].name}'")  # the last one counts only with a successor
    listed = folder / "strips.txt"
    listed.write_text("\n".join(lines) + "\n", "utf-8")
    return listed


def _write_sounds(spoken: Sequence[Spoken], timing: Timing, folder: Path) -> list[Path]:
    """A file for the silence before, one for each scene, one for the silence behind: as long as their pictures."""
    rate = spoken[0].rate
    paths = [folder / "opening.wav"]
    _write_sound(paths[0], rate, b"", 0, OPENING)
    for number, (one, (begin, end)) in enumerate(zip(spoken, timing.scenes, strict=True), 1):
        paths.append(folder / f"scene{number}.wav")
        _write_sound(paths[-1], one.rate, one.sound, BEFORE, end - begin)
    paths.append(folder / "closing.wav")
    _write_sound(paths[-1], rate, b"", 0, CLOSING)
    return paths


def _write_sound(path: Path, rate: int, sound: bytes, before: int, frames: int) -> None:
    whole = 2 * round(frames * rate / RATE)
    padded = (bytes(2 * round(before * rate / RATE)) + sound)[:whole]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(padded + bytes(whole - len(padded)))
