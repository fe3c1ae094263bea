"""Several programmes in one deployment, some with a web page only."""

from __future__ import annotations

from pathlib import Path

import pytest

from pasito.channels import channel_accounts, programmes
from pasito.letters import SettingsError
from pasito.settings import Settings


def settings(tmp_path: Path, text: str | None) -> Settings:
    path = tmp_path / "channels.yaml"
    if text is None:
        return Settings(data_dir=tmp_path, _env_file=None)
    path.write_text(text)
    return Settings(channels=path, data_dir=tmp_path, _env_file=None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, ("base",)),
        ("programmes: [pe, vn]\n", ("base", "pe", "vn")),
        ("programmes: [base, pe]\n", ("base", "pe")),
    ],
)
def test_programmes_with_a_web_page_only_are_listed(
    tmp_path: Path, text: str | None, expected: tuple[str, ...]
) -> None:
    here = settings(tmp_path, text)
    assert channel_accounts(here) == ()
    assert programmes(here, ()) == expected


@pytest.mark.parametrize("text", ["programmes: pe\n", "programmes: [[pe]]\n"])
def test_a_list_of_another_shape_stops_the_start_with_a_sentence(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match="'programmes' should be a list of packs"):
        programmes(settings(tmp_path, text), ())
