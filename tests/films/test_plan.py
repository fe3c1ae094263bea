"""What is to be done, and what an author is told when it cannot be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from content.drawings import Placed, parts
from content.films import Film, OwnFilm
from content.problems import Place
from content.translations import Translation
from tests.films.pieces import SPANISH, own


def test_the_same_film_has_the_same_hash_and_any_change_another(plan, short):
    film = short.films["V02"]
    part = next(iter(parts()))
    before = plan("en").made_of
    assert plan("en").made_of == before
    changes = [
        {"texts": {**short.texts, "films/V02/title": "Another title"}},
        {"texts": {**short.texts, "films/V02/scenes/1/words": "Other words here."}},
        {"films": {"V02": replace(film, drawings=((Placed(part, 51, 60, 40),), ()))}},
        {"voices": {"en": "none"}},
    ]
    made = {plan("en", **change).made_of for change in changes} | {before, plan("es-PE").made_of}
    assert len(made) == len(changes) + 2


def test_what_only_the_page_shows_makes_no_film_anew(plan, short):
    texts = {**short.texts, "films/V02/scenes/1/picture": "Another picture"}
    assert plan("en", texts=texts).made_of == plan("en").made_of


def test_a_recording_is_part_of_the_hash(plan, tmp_path):
    file = tmp_path / "recordings" / "en" / "V02-1.mp3"
    file.parent.mkdir(parents=True)
    before = plan("en", tmp_path).made_of
    file.write_bytes(b"one voice")
    first = plan("en", tmp_path).made_of
    file.write_bytes(b"another voice")
    assert len({before, first, plan("en", tmp_path).made_of}) == 3


def test_a_language_without_a_voice_names_the_ways_out(refused):
    words = {key: Translation("", f"Ito {key}", Place("fil.po")) for key in SPANISH}
    why = refused("fil", catalogues={"fil": words})
    assert "recordings/fil/V01-1.wav" in why
    assert "voices: {fil: none}" in why


def test_missing_translations_are_named(refused):
    some = {"films/V02/title": Translation("", "Una", Place("es.po"))}
    why = refused("es-PE", catalogues={"es-PE": some})
    assert "films/V02/scenes/1/words, films/V02/scenes/2/words" in why
    assert "po/es-PE.po" in why


def test_a_fuzzy_translation_is_none(refused):
    fuzzy = {key: Translation("", text, Place("f"), fuzzy=True) for key, text in SPANISH.items()}
    assert "films/V02/title" in refused("es-PE", catalogues={"es-PE": fuzzy})


def test_a_scene_without_words_is_refused(refused, short):
    texts = {**short.texts, "films/V02/scenes/2/words": " … "}
    assert "Nothing is said in scene 2" in refused("en", texts=texts)


def test_a_script_whose_font_is_missing_names_the_package(refused, short, monkeypatch):
    monkeypatch.setattr("films.script.missing_font", lambda text: "fontpkg-noto-sans-thai")
    assert "pip install fontpkg-noto-sans-thai" in refused("en")


def test_pictures_are_told_in_her_language_or_not_at_all(plan, short):
    assert plan("en").script.scenes[0].picture == "Picture 1"
    assert plan("es-PE").script.scenes[0].picture == ""


@pytest.mark.parametrize(("language", "mirrored"), [("en", False), ("ar", True)])
def test_a_film_is_mirrored_where_people_read_from_right_to_left(plan, language, mirrored):
    assert replace(plan("en").script, language=language).mirrored is mirrored


def test_an_own_film_at_an_address_is_not_built(plan):
    film = Film(
        "V02", 2, 12, (), {"es-PE": OwnFilm(address="https://example.org/v", seconds=80, bytes=4_000_000)}
    )
    one = plan("es-PE", films={"V02": film})
    assert one.script is None
    assert one.address.seconds == 80
    assert plan("en", films={"V02": film}).script is not None


def test_an_own_file_that_is_not_there_is_a_letter(refused, tmp_path):
    assert "videos/mine.mp4 is not in the pack's folder" in refused(
        "en", tmp_path, films=own("videos/mine.mp4")
    )
