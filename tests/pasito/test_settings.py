"""Settings: every value that cannot be used stops the start with a sentence, and no secret is shown."""

from __future__ import annotations

import logging
import re
import stat

import pytest

from pasito.letters import SettingsError
from pasito.settings import Settings, read_settings

SECRET = "the secret of this test, 32 letters and more"


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch, tmp_path):
    """No setting from outside, and a folder of its own to start in."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"PASITO_{name.upper()}", raising=False)
        monkeypatch.delenv(f"PASITO_{name.upper()}_FILE", raising=False)
    monkeypatch.chdir(tmp_path)


WRONG = [
    ("ENV", "prod", "PASITO_ENV is 'prod': input should be 'development' or 'production'."),
    ("PORT", "eighty", "PASITO_PORT is 'eighty': input should be a valid integer"),
    ("PORT", "0", "PASITO_PORT is '0': input should be greater than or equal to 1."),
    ("PORT", "65536", "PASITO_PORT is '65536': input should be less than or equal to 65535."),
    ("LOG_LEVEL", "loud", "PASITO_LOG_LEVEL is 'LOUD': input should be 'DEBUG', 'INFO', 'WARNING' or 'ERROR'."),
    ("PUBLIC_URL", "pasito.example", "PASITO_PUBLIC_URL is 'pasito.example': it should be an address such as"),
    ("PUBLIC_URL", "ftp://pasito.example", "it should be an address such as https://pasito.example."),
    ("PACKS", "nowhere", "PASITO_PACKS is 'nowhere': there is no such folder."),
    ("PROGRAMME", "../etc", "PASITO_PROGRAMME is '../etc': it should be the name of a pack"),
    ("DATABASE_URL", "mysql://u:hush@host/db", "PASITO_DATABASE_URL cannot be used: it should begin with sqlite:///"),
    ("DATABASE_URL", "postgresql://u:hush@host:x/db", "PASITO_DATABASE_URL cannot be used: port could not be cast"),
    ("TELEGRAM_MODE", "pull", "PASITO_TELEGRAM_MODE is 'pull': input should be 'polling' or 'webhook'."),
    ("TELEGRAM_API_URL", "telegram", "PASITO_TELEGRAM_API_URL is 'telegram': it should be an address"),
    ("WHATSAPP_API_URL", "meta", "PASITO_WHATSAPP_API_URL is 'meta': it should be an address"),
    ("SECRET_KEY", "hush", "PASITO_SECRET_KEY is too short; it needs at least 32 characters."),
    ("SECRET_KEY_FILE", "nowhere", "PASITO_SECRET_KEY_FILE is nowhere, which cannot be read (No such file"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "sentence"), WRONG, ids=[f"{name}={value}" for name, value, _ in WRONG]
)
def test_a_value_that_cannot_be_used_is_named_with_what_happens_now(monkeypatch, name, value, sentence):
    monkeypatch.setenv(f"PASITO_{name}", value)
    with pytest.raises(SettingsError) as raised:
        read_settings()
    said = str(raised.value)
    assert sentence in said
    assert said.endswith("Pasito does not start.")
    assert "hush" not in said


def test_every_setting_with_a_form_has_a_case():
    # Whether these can be used is seen when they are; what is wrong with accounts: test_channels.py.
    free = {"data_dir", "host", "channels", "metrics_token"}
    free |= {
        name for name in Settings.model_fields if re.match("(telegram|whatsapp)_.*(token|secret|id)$", name)
    }
    assert {name.lower() for name, _, _ in WRONG} >= set(Settings.model_fields) - free


def test_all_that_is_wrong_is_said_at_once(monkeypatch):
    monkeypatch.setenv("PASITO_ENV", "prod")
    monkeypatch.setenv("PASITO_PORT", "eighty")
    with pytest.raises(SettingsError, match=r"(?s)PASITO_ENV.*\n.*PASITO_PORT"):
        read_settings()


def test_production_without_a_secret_does_not_start(monkeypatch, tmp_path):
    monkeypatch.setenv("PASITO_ENV", "production")
    with pytest.raises(SettingsError, match=r"PASITO_SECRET_KEY is empty, and PASITO_ENV is production"):
        read_settings()
    assert list(tmp_path.iterdir()) == []


def test_in_development_the_secret_is_made_once_and_is_its_owners_alone(tmp_path):
    first = read_settings().secret_key
    assert read_settings().secret_key == first
    assert len(first) >= 32
    kept = tmp_path / "data" / "secret_key"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [path.name for path in kept.parent.iterdir()] == ["secret_key"]


def test_a_kept_secret_that_was_damaged_stops_the_start(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "secret_key").write_text("")
    with pytest.raises(SettingsError, match=r"The key in data/secret_key is too short"):
        read_settings()


def test_a_data_folder_that_is_a_file_stops_the_start(tmp_path):
    (tmp_path / "data").write_text("")
    with pytest.raises(
        SettingsError, match=r"PASITO_DATA_DIR is 'data', but the secret key cannot be kept there"
    ):
        read_settings()


def test_a_secret_may_stand_in_a_file(monkeypatch, tmp_path):
    (tmp_path / "key").write_text(f"{SECRET}\n")
    monkeypatch.setenv("PASITO_ENV", "production")
    monkeypatch.setenv("PASITO_SECRET_KEY_FILE", str(tmp_path / "key"))
    assert read_settings().secret_key == SECRET


def test_settings_may_stand_in_the_file_env(tmp_path):
    (tmp_path / ".env").write_text("PASITO_PORT=8011\nPASITO_LOG_LEVEL=debug\n")
    settings = read_settings()
    assert (settings.port, settings.log_level) == (8011, "DEBUG")


def test_folders_of_packs_are_listed_as_in_path(monkeypatch, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    monkeypatch.setenv("PASITO_PACKS", f"{one}:{two}")
    assert read_settings().packs == [one, two]


def test_the_command_line_is_heard_before_the_environment(monkeypatch):
    monkeypatch.setenv("PASITO_PORT", "8011")
    assert read_settings(port=8012, host=None).port == 8012


def test_secrets_are_in_no_text_of_the_settings(caplog):
    settings = read_settings(secret_key=SECRET, database_url="postgresql://ana:hush@host/db")
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("pasito").info("%s %r", settings, settings)
    for text in (repr(settings), str(settings), f"{settings}", caplog.text):
        assert SECRET not in text
        assert "hush" not in text
