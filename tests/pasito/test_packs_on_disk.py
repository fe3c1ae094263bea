"""Packs are found by their names: those of the package, and those in the folders of PASITO_PACKS."""

from __future__ import annotations

from pathlib import Path

import pytest

from content.lineage import PINNED, hash_of_sources
from content.problems import Report, render
from flows.compiler import compile_pack
from pasito.letters import SettingsError
from pasito.packs_on_disk import PacksOnDisk, known_packs, named_sources, pack_sources, published_sources
from pasito.settings import Settings


def settings(tmp_path: Path, *folders: Path, programme: str = "base") -> Settings:
    return Settings(data_dir=tmp_path / "data", packs=list(folders), programme=programme)


def write(folder: Path, text: str = "schema: 1\npack: own\n") -> Path:
    folder.mkdir(parents=True)
    (folder / "pack.yaml").write_text(text)
    return folder


def test_the_packs_of_the_package_are_there(tmp_path: Path) -> None:
    known = known_packs(settings(tmp_path))
    assert list(known) == ["base", "pe", "ph", "vn"]
    assert len(known) == 4
    assert "flows/library/menu.yaml" not in known["pe"]
    assert "flows/library/phrases.yaml" in known["base"]


@pytest.mark.parametrize("id", ["base", "pe", "ph", "vn"])
def test_every_pack_of_the_package_compiles_as_it_is(id: str, tmp_path: Path) -> None:
    known, report = known_packs(settings(tmp_path)), Report()
    version = compile_pack(known[id], report, known)
    assert version is not None, render(report.problems)
    assert {p.code for p in report.problems} <= {"TEXT-011"}, render(report.problems)


def test_a_folder_is_a_pack_or_holds_packs(tmp_path: Path) -> None:
    one, many = write(tmp_path / "cl"), tmp_path / "many"
    write(many / "bo")
    write(many / "ec")
    (many / "notes").mkdir()
    known = known_packs(settings(tmp_path, one, many))
    assert list(known) == ["base", "pe", "ph", "vn", "cl", "bo", "ec"]
    assert known["bo"] == {"pack.yaml": b"schema: 1\npack: own\n"}


def test_a_pack_on_disk_takes_the_place_of_one_of_the_package(tmp_path: Path) -> None:
    known = known_packs(settings(tmp_path, write(tmp_path / "pe")))
    assert known["pe"] == {"pack.yaml": b"schema: 1\npack: own\n"}
    assert list(known) == ["base", "pe", "ph", "vn"]


def test_the_folder_one_stands_in_has_its_name_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write(tmp_path / "cl"))
    assert "cl" in known_packs(settings(tmp_path, Path()))


@pytest.mark.parametrize("id", ["", ".", "..", "../pe", "/etc", "PE", "pe/po"])
def test_no_odd_name_is_a_pack(id: str) -> None:
    known = PacksOnDisk({})
    assert id not in known
    with pytest.raises(KeyError):
        known[id]


def test_a_pack_is_named_by_its_id_or_its_folder(tmp_path: Path) -> None:
    folder = write(tmp_path / "somewhere" / "cl")
    known = known_packs(settings(tmp_path))
    assert named_sources(known, str(folder)) == {"pack.yaml": b"schema: 1\npack: own\n"}
    assert named_sources(known, "pe") == known["pe"]
    with pytest.raises(SettingsError, match="Did you mean 'base'"):
        named_sources(known, "bsae")


def test_a_programme_without_a_pack_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        pack_sources(settings(tmp_path, programme="xx"))
    assert str(caught.value).endswith("Known packs: base, pe, ph, vn.")


def test_what_is_published_needs_nothing_else(tmp_path: Path) -> None:
    ours = settings(tmp_path, programme="pe")
    whole = published_sources(ours)
    base = {path.removeprefix(PINNED): source for path, source in whole.items() if path.startswith(PINNED)}
    assert base == known_packs(ours)["base"]
    assert hash_of_sources(whole) == hash_of_sources(known_packs(ours)["pe"])
    report = Report()
    assert compile_pack(whole, report, {}) is not None, render(report.problems)
