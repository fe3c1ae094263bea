"""A film by the real programs: two sizes that play everywhere, captions, a picture, and nothing done twice."""

from __future__ import annotations

import re
import shutil
import struct

import pytest

from content.films import Film, OwnFilm
from films import encode
from films.errors import FilmError
from films.making import MAKING, Made, Shelving, make, make_all, unreferenced
from films.plan import Refused
from films.sheet import contact_sheet
from films.shelf import FILES, FilmShelf, read_list
from films.tools import described, run_ffmpeg
from tests.films.pieces import own


def nothing(*_):
    """Nobody watches."""


def test_a_film_has_two_copies_a_picture_and_captions(built, shelf):
    film = FilmShelf(shelf).find("pe", "V02", ["es-PE"])
    assert film == built.film
    assert film.title == "Que te encuentren"
    assert film.narration == "voice"
    assert film.transcript[0] == "Este señor quiere sillas nuevas."
    paths = [FilmShelf(shelf).path(copy) for copy in (film.large, film.small, film.poster, film.captions)]
    large, small, poster, captions = paths
    assert film.large.bytes == large.stat().st_size <= 5_000_000
    assert film.small.bytes == small.stat().st_size <= 1_000_000
    assert film.small.bytes < film.large.bytes
    assert "Este señor quiere" in captions.read_text("utf-8")
    assert poster.read_bytes()[:2] == b"\xff\xd8"
    assert "720x900" in described(poster)


def test_both_copies_play_on_old_phones(built, shelf):
    for copy, size in ((built.film.large, "720x900"), (built.film.small, "360x450")):
        path = shelf / FILES / copy.file
        said = described(path)
        assert size in said
        assert "Video: h264 (Main)" in said
        assert "yuv420p" in said
        assert "Audio: aac" in said
        head = path.read_bytes()[:4096]
        assert b"moov" in head, "the table of contents comes first, so that it plays while it loads"
        length = re.search(r"Duration: 00:00:(\d\d\.\d\d)", said)
        assert float(length[1]) == pytest.approx(built.film.seconds, abs=0.6)


def test_what_is_made_is_not_made_again(built, plan, shelf):
    before = {path: path.stat().st_mtime_ns for path in shelf.rglob("*") if path.is_file()}
    (again,) = make_all([plan("es-PE")], Shelving(shelf, "pe", ["V02"]), nothing)
    assert again == Made(built.film, new=False)
    assert {path: path.stat().st_mtime_ns for path in shelf.rglob("*") if path.is_file()} == before


def test_another_programme_that_says_the_same_shares_the_files(built, plan, shelf):
    (same,) = make_all([plan("es-PE")], Shelving(shelf, "bo", ["V02"]), nothing)
    assert same == Made(built.film, new=False)
    assert FilmShelf(shelf).find("bo", "V02", ["es-PE"]) == built.film
    shutil.rmtree(shelf / "bo")


def test_a_file_that_somebody_took_away_is_made_again(built, plan, shelf, tmp_path, monkeypatch):
    copy = tmp_path / "films"
    shutil.copytree(shelf, copy)
    (copy / FILES / built.film.small.file).unlink()
    made = []
    monkeypatch.setattr("films.making.make", lambda wanted, *_: made.append(wanted) or built.film)
    list(make_all([plan("es-PE")], Shelving(copy, "pe", ["V02"]), nothing))
    assert [one.film for one in made] == ["V02"]


def test_a_film_that_fails_stops_no_other_and_loses_nothing(built, plan, shelf, tmp_path):
    copy = tmp_path / "films"
    shutil.copytree(shelf, copy)
    sound = tmp_path / "recordings" / "en" / "V02-1.wav"
    sound.parent.mkdir(parents=True)
    sound.write_bytes(b"no sound")
    results = list(make_all([plan("en", tmp_path), plan("es-PE")], Shelving(copy, "pe", ["V02"]), nothing))
    assert {type(one) for one in results} == {Made, Refused}
    (why,) = [one.why for one in results if isinstance(one, Refused)]
    assert "recordings/en/V02-1.wav" in why
    assert FilmShelf(copy).find("pe", "V02", ["es-PE"]) is not None
    assert FilmShelf(copy).find("pe", "V02", ["en"]) is None
    assert list((copy / MAKING).iterdir()) == []


def test_films_that_the_pack_has_no_more_leave_the_list_and_clean_takes_their_files(built, shelf, tmp_path):
    copy = tmp_path / "films"
    shutil.copytree(shelf, copy)
    assert unreferenced(copy) == []
    other = Shelving(copy, "pe", ["V03"])
    address = OwnFilm(address="https://example.org/film", seconds=60)
    other.keep(make(_at(address), copy))
    assert list(read_list(copy / "pe" / "es-PE.json")) == ["V03"]
    assert {path.suffix for path in unreferenced(copy)} == {".mp4", ".jpg", ".vtt"}


def _at(address):
    from films.plan import Wanted

    return Wanted("V03", "es-PE", "A title", (), "hash", address=address)


def test_a_film_at_an_address_has_no_files(plan, tmp_path):
    film = Film("V02", 2, 12, (), {"en": OwnFilm(address="https://example.org/v", seconds=80)})
    shelving = Shelving(tmp_path, "pe", ["V02"])
    (made,) = make_all([plan("en", films={"V02": film})], shelving, nothing)
    assert (made.film.address, made.film.seconds) == ("https://example.org/v", 80)
    (again,) = make_all([plan("en", films={"V02": film})], shelving, nothing)
    assert again.new is False
    assert not (tmp_path / FILES).exists()


def test_an_own_file_is_brought_into_both_sizes(plan, tmp_path):
    pack = tmp_path / "pack"
    pack.mkdir()
    source = ["-f", "lavfi", "-i", "testsrc=s=640x480:r=10", "-t", "2"]
    run_ffmpeg([*source, str(pack / "mine.mp4")], limit=60)
    (pack / "mine.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n", "utf-8")
    film = make(plan("en", pack, films=own("mine.mp4")), tmp_path)
    assert film.narration == "recorded"
    assert film.seconds == 2
    assert "640x480" in described(tmp_path / FILES / film.large.file)
    assert "360x270" in described(tmp_path / FILES / film.small.file)
    assert film.captions is not None


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"this is a letter and no film", "is no film that can be read"),
        (b"\0" * 16_000_001, "16 are the most"),
    ],
)
def test_an_own_file_that_is_no_film_is_a_letter(plan, tmp_path, content, why):
    (tmp_path / "mine.mp4").write_bytes(content)
    with pytest.raises(FilmError, match=why):
        make(plan("en", tmp_path, films=own("mine.mp4")), tmp_path)


def test_a_sound_file_is_no_film(plan, tmp_path, recording):
    shutil.copy(recording("sine=frequency=300", 2.0, "sound.m4a"), tmp_path / "mine.mp4")
    with pytest.raises(FilmError, match="is no film that can be read"):
        make(plan("en", tmp_path, films=own("mine.mp4")), tmp_path)


def test_captions_that_are_none_are_a_letter(plan, tmp_path):
    run_ffmpeg(["-f", "lavfi", "-i", "testsrc=s=64x48:r=5", "-t", "2", str(tmp_path / "mine.mp4")], limit=60)
    (tmp_path / "mine.vtt").write_text("Hello")
    with pytest.raises(FilmError, match="WEBVTT"):
        make(plan("en", tmp_path, films=own("mine.mp4")), tmp_path)


def test_a_copy_that_is_too_large_is_made_smaller_once_then_refused(tmp_path):
    noise = tmp_path / "noise.mp4"
    source = "nullsrc=s=320x240:r=10,geq=random(1)*255:128:128"
    run_ffmpeg(["-f", "lavfi", "-i", source, "-t", "2", "-crf", "5", str(noise)], limit=60)
    size = encode.Size("large", 320, 240, 10, noise.stat().st_size // 2, 20, 40, "veryfast", "64k")
    encode.fit(noise, size, 2)
    assert noise.stat().st_size <= size.limit(2)
    with pytest.raises(FilmError, match="copy has"):
        encode.fit(noise, encode.Size("large", 320, 240, 10, 1000, 20, 40, "veryfast", "64k"), 2)


def test_longer_films_may_be_larger_but_never_more_than_whatsapp_takes():
    assert encode.SMALL.limit(70) == 1_000_000
    assert encode.SMALL.limit(180) == 2_000_000
    assert encode.LARGE.limit(600) == 16_000_000


def test_what_ffmpeg_says_is_told_calmly(tmp_path):
    with pytest.raises(FilmError, match=r"ffmpeg stopped: .*No such file"):
        run_ffmpeg(["-i", str(tmp_path / "nowhere.mp4"), str(tmp_path / "out.mp4")], limit=60)


def test_a_program_that_hangs_is_stopped(tmp_path):
    with pytest.raises(FilmError, match="longer than 1 seconds"):
        run_ffmpeg(["-re", "-f", "lavfi", "-i", "testsrc", "-t", "60", "-f", "null", "-"], limit=1)


def test_a_contact_sheet_shows_every_scene(plan):
    sheet = contact_sheet([plan("en").script, plan("es-PE").script])
    width, height = struct.unpack(">II", sheet[16:24])
    assert sheet[:8] == b"\x89PNG\r\n\x1a\n"
    assert width > 4 * 200
    assert height > 2 * 250
