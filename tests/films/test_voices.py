"""Which voice reads a language, and what is said when none does."""

from __future__ import annotations

import pytest

from content.voices import VOICES, voice_for
from films.errors import FilmError
from films.voice import _library, speak


@pytest.mark.parametrize(
    ("language", "voice"),
    [
        ("en", "en"),
        ("en-PH", "en"),
        ("es-PE", "es-419"),
        ("es-419", "es-419"),
        ("es-ES", "es"),
        ("es", "es"),
        ("vi", "vi"),
        ("vi-VN", "vi"),
        ("zh-Hant-TW", "cmn"),
        ("zh-HK", "yue"),
        ("pt-BR", "pt-BR"),
        ("id", "id"),
        ("fil", None),
        ("km", None),
        ("tpi", None),
    ],
)
def test_a_language_is_read_by_a_voice_of_its_own_or_by_none(language: str, voice: str | None) -> None:
    assert voice_for(language, {}) == voice


def test_a_pack_chooses_for_a_language_and_all_its_regions() -> None:
    assert voice_for("es-PE", {"es": "es"}) == "es"
    assert voice_for("es-PE", {"es": "es", "es-PE": "none"}) == "none"
    assert voice_for("fil", {"fil": "none"}) == "none"


def test_every_voice_that_we_name_is_there(capfd: pytest.CaptureFixture[str]) -> None:
    library, _ = _library()
    missing = {voice for voice in VOICES if library.espeak_SetVoiceByName(voice.encode()) != 0}
    assert missing == set()
    assert capfd.readouterr().err == "", "a voice without its dictionary cannot read"


def test_an_unknown_voice_is_a_sentence() -> None:
    with pytest.raises(FilmError, match="no voice 'nobody'"):
        speak("Hello", "nobody")


def test_words_are_announced_where_they_stand_and_when_they_are_heard() -> None:
    text = "Chị Lan bán ở chợ. Tám giờ có đơn."
    voiced = speak(text, "vi")
    places = [place for place, _ in voiced.words]
    seconds = [second for _, second in voiced.words]
    assert text.index("Tám") in places
    assert seconds == sorted(seconds)
    assert 2 < len(voiced.sound) / 2 / voiced.rate < 8
