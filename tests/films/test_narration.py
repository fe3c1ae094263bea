"""Who speaks: a recording first, then a voice, then nobody; and captions that follow."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from films.errors import FilmError
from films.narration import MOST_RECORDED_SECONDS, narrated
from films.script import Scene, Script
from films.subtitles import webvtt
from films.timing import LEAST, MOST, RATE, Cue, Timing, told

HELLO = "Tomas makes chairs, one street away. The man cannot find him."


def script(*words: str, voice: str = "en", **recordings: Path) -> Script:
    scenes = tuple(Scene(text, "", (), recordings.get(f"s{n}")) for n, text in enumerate(words, 1))
    return Script("V02", "en", "A film", scenes, voice)


def test_captions_follow_the_voice():
    (one,) = narrated(script(HELLO))
    assert [chunk.text for chunk in one.chunks] == [
        "Tomas makes chairs, one street away.",
        "The man cannot find him.",
    ]
    assert one.starts[0] == 0
    assert 0.35 < one.starts[1] / one.seconds < 0.75


def test_a_breath_lengthens_the_silence_between_sentences_only():
    (short,), (long,) = narrated(script(HELLO)), narrated(script(HELLO), breath=1.0)
    assert long.seconds == pytest.approx(short.seconds + 1.0, abs=0.05)
    assert long.starts[1] == pytest.approx(short.starts[1] + 1.0, abs=0.05)


def test_a_film_without_a_voice_gives_time_to_read():
    (one,) = narrated(script("Stop. " + HELLO, voice="none"))
    ends = [*one.starts[1:], one.seconds]
    assert one.sound == b""
    assert all(end - start >= 1.2 - 1e-9 for start, end in zip(one.starts, ends, strict=True))


def test_a_recording_goes_before_the_voice_and_its_silence_is_cut(recording):
    path = recording("sine=frequency=300", 3.0)
    spoken, read = narrated(script(HELLO, HELLO, s1=path))
    assert spoken.seconds == pytest.approx(3.0, abs=0.2)
    assert spoken.rate != read.rate
    assert 0 < spoken.starts[1] < 3


@pytest.mark.parametrize("name", ["sound.mp3", "sound.ogg", "sound.m4a"])
def test_recordings_come_in_the_forms_that_phones_make(recording, name):
    (one,) = narrated(script(HELLO, s1=recording("sine=frequency=300", 2.0, name)))
    assert one.seconds == pytest.approx(2.0, abs=0.3)


def test_a_broken_recording_is_a_letter_with_its_name(tmp_path):
    broken = tmp_path / "V02-1.wav"
    broken.write_bytes(b"RIFF" + b"nonsense" * 50)
    with pytest.raises(FilmError, match=r"V02-1\.wav cannot be used"):
        narrated(script(HELLO, s1=broken))


def test_a_silent_recording_is_refused(recording):
    with pytest.raises(FilmError, match="nobody is heard"):
        narrated(script(HELLO, s1=recording("anullsrc=r=44100", 3.0)))


def test_a_recording_that_does_not_end_is_refused(recording):
    with pytest.raises(FilmError, match="longer than 20 seconds"):
        narrated(script(HELLO, s1=recording("sine=frequency=300", MOST_RECORDED_SECONDS + 5)))


def test_a_script_of_an_hour_is_refused_before_anything_is_drawn():
    with pytest.raises(FilmError, match="Scene 1 takes"):
        told(script("one two three four five. " * 1800))


def test_a_short_film_gets_more_time_and_a_long_one_is_spoken_faster():
    usual = script(*[HELLO] * 7)
    long = script(*[HELLO + " A week later he finds him at last. Then he buys a chair."] * 7)
    assert told(usual)[1].seconds == pytest.approx(LEAST, abs=3)
    assert told(long)[1].seconds < MOST + 3


def test_times_follow_one_another_to_the_end():
    _, timing = told(script(*[HELLO] * 3))
    assert timing.scenes[-1][1] + 3 * RATE == timing.frames
    for before, after in zip(timing.cues, timing.cues[1:], strict=False):
        assert before.start < before.end == after.start


def test_captions_are_webvtt():
    timing = Timing(((62, 100),), (Cue(1, 62, 80, "Tom & <Ana>"), Cue(1, 80, 90_100, "end")), 90_200)
    assert webvtt(timing, "es-PE") == (
        "WEBVTT\nLanguage: es-PE\n\n"
        "1\n00:00:02.480 --> 00:00:03.200\nTom &amp; &lt;Ana&gt;\n\n"
        "2\n00:00:03.200 --> 01:00:04.000\nend\n"
    )


def test_the_last_card_says_what_to_do_now():
    assert (
        script("He sits.", "It works. Now ask a friend to find you.").last_words
        == "Now ask a friend to find you."
    )
    assert script("It works. All whole! Try it.").last_words == "All whole!\nTry it."


def test_recordings_are_found_by_language_film_and_scene(plan, recording, tmp_path):
    place = tmp_path / "recordings" / "es-PE" / "V02-2.wav"
    place.parent.mkdir(parents=True)
    shutil.copy(recording("sine=frequency=300", 2.0), place)
    found = plan("es-PE", tmp_path).script
    assert [scene.recording for scene in found.scenes] == [None, place]
    assert plan("en", tmp_path).script.scenes[1].recording is None
