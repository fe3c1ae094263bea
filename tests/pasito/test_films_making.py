"""`pasito video` as an author types it: what is made, what is missing, what to do."""

from __future__ import annotations

import re
import shutil
from importlib import resources
from pathlib import Path

import pytest

from content.guarded_yaml import read_yaml
from content.problems import Report
from films.shelf import FilmShelf
from pasito import films_making
from pasito.letters import SettingsError
from pasito.settings import Settings

ADDRESS = '    own: {en: {address: "https://videos.example/lina", seconds: 80, bytes: 4000000}}\n'


@pytest.fixture
def pack(tmp_path, monkeypatch):
    """A copy of the base pack in Spanish and Filipino too, whose film V05 is shown at an address of its own."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "mine"
    with resources.as_file(resources.files("content") / "packs" / "base") as base:
        shutil.copytree(base, folder)
    settings = (folder / "pack.yaml").read_text("utf-8")
    settings = settings.replace("languages: [en]", "languages: [en, es-PE, fil]").replace(
        "pack: base", "pack: mine"
    )
    (folder / "pack.yaml").write_text(settings, "utf-8")
    films = (folder / "films.yaml").read_text("utf-8")
    (folder / "films.yaml").write_text(re.sub(r"(?m)^  V05:\n", "  V05:\n" + ADDRESS, films), "utf-8")
    return str(folder)


@pytest.fixture
def settings(tmp_path):
    return Settings(data_dir=tmp_path / "data", _env_file=None)


def translate(pack, language, *films):
    """A PO file with the words of these films."""
    document = read_yaml((resources.files("content") / "packs/base/films.yaml").read_bytes(), "f", Report())
    lines = ['msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n']
    for film in films:
        shape = document.value["films"][film]
        texts = {"title": shape["title"]} | {
            f"scenes/{n}/words": scene["words"] for n, scene in enumerate(shape["scenes"], 1)
        }
        for key, text in texts.items():
            quoted = text.replace('"', '\\"')
            lines.append(f'msgctxt "films/{film}/{key}"\nmsgid "{quoted}"\nmsgstr "{quoted}"\n')
    (Path(pack) / "po").mkdir(exist_ok=True)
    (Path(pack) / "po" / f"{language}.po").write_text("\n".join(lines), "utf-8")


def test_a_film_at_an_address_goes_on_the_list(pack, settings, capsys):
    assert films_making.build(settings, pack, ["V05"], ["en"]) == 0
    said = capsys.readouterr().out
    assert "https://videos.example/lina" in said
    assert "80 s" in said
    assert "4.0 MB" in said
    assert "1 film made, 0 as before." in said
    assert FilmShelf(settings.films_dir).find("mine", "V05", ["en"]).seconds == 80
    films_making.build(settings, pack, ["V05"], ["en"])
    assert "0 films made, 1 as before." in capsys.readouterr().out


def test_a_language_that_is_not_translated_waits_unless_it_is_named(pack, settings, capsys):
    assert films_making.build(settings, pack, ["V05"], []) == 0
    assert "Not translated into es-PE yet, so not made: V05." in capsys.readouterr().out
    assert films_making.build(settings, pack, ["V05"], ["es-PE"]) == 1
    told = capsys.readouterr().err
    assert "V05 (es-PE): Not translated into es-PE: films/V05/title, films/V05/scenes/1/words" in told


def test_the_same_problem_of_several_films_is_told_once(pack, settings, capsys):
    translate(pack, "fil", "V01", "V02", "V03")
    assert films_making.build(settings, pack, ["V01", "V02", "V03"], ["fil"]) == 1
    told = capsys.readouterr().err
    assert told.startswith("V01, V02, V03 (fil): No voice speaks Filipino (fil).")
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    ("films", "languages", "words"),
    [
        (["V5"], ["en"], "Did you mean 'V"),
        (["nothing"], ["en"], "Its films: V01, V02"),
        ([], ["vi"], "not among the languages of 'mine': en, es-PE, fil"),
    ],
)
def test_what_there_is_not_is_a_sentence(pack, settings, films, languages, words):
    with pytest.raises(SettingsError, match=re.escape(words)):
        films_making.build(settings, pack, films, languages)


def test_without_the_extra_an_author_reads_how_to_install_it(pack, settings, monkeypatch):
    monkeypatch.setattr(films_making, "missing_packages", lambda: ("typst",))
    for command in (
        lambda: films_making.build(settings, pack, [], []),
        lambda: films_making.sheet(settings, pack, [], None, None),
    ):
        with pytest.raises(SettingsError, match=re.escape("pip install 'pasito[video]'")):
            command()


def test_the_list_says_what_is_ready_and_what_has_changed(pack, settings, capsys):
    films_making.build(settings, pack, ["V05"], ["en"])
    capsys.readouterr()
    films_making.show(settings, pack)
    lines = {tuple(line.split()[:2]): line for line in capsys.readouterr().out.splitlines()}
    assert lines["V05", "en"].endswith("ready")
    assert lines["V01", "en"].endswith("not made yet")
    assert "not translated: films/V05/title" in lines["V05", "es-PE"]
    path = Path(pack) / "films.yaml"
    path.write_text(path.read_text("utf-8").replace("videos.example/lina", "videos.example/other"), "utf-8")
    films_making.show(settings, pack)
    assert "changed since: pasito video build" in capsys.readouterr().out


def test_clean_takes_what_no_list_names(pack, settings, capsys):
    films_making.build(settings, pack, ["V05"], ["en"])
    left = settings.films_dir / "files" / "V09-en-old.mp4"
    left.parent.mkdir()
    left.write_bytes(b"x" * 2_000_000)
    (settings.films_dir / "making" / "V09-stopped").mkdir(parents=True)
    films_making.clean(settings)
    assert "2 files removed, 2.0 MB." in capsys.readouterr().out
    assert not left.exists()
    assert FilmShelf(settings.films_dir).find("mine", "V05", ["en"]) is not None


def test_a_sheet_is_written_where_the_author_stands(pack, settings, capsys, tmp_path):
    films_making.sheet(settings, pack, ["V02"], None, None)
    assert "films-mine-en-V02.png: 1 film." in capsys.readouterr().out
    assert (tmp_path / "films-mine-en-V02.png").read_bytes()[:4] == b"\x89PNG"
    with pytest.raises(SettingsError, match="Not translated into es-PE"):
        films_making.sheet(settings, pack, ["V02"], "es-PE", None)


def test_all_parts_are_on_one_picture(tmp_path, capsys):
    films_making.show_parts(tmp_path / "parts.png")
    assert "each with its name" in capsys.readouterr().out
    assert (tmp_path / "parts.png").read_bytes()[:4] == b"\x89PNG"
