"""The accounts of a deployment: from the environment and from a file, and what keeps one from starting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pasito.channels import channel_accounts
from pasito.letters import SettingsError
from pasito.settings import Settings, read_settings
from store.pacing import NO_LIMITS

HTTPS = {"public_url": "https://pasito.example"}
SECRET = "a secret of sixteen or more"
WHATSAPP = {
    "whatsapp_token": "t", "whatsapp_phone_id": "112233", "whatsapp_app_secret": SECRET, "whatsapp_verify_token": "v",
    **HTTPS,
}  # fmt: skip


def settings(tmp_path: Path, **given: Any) -> Settings:
    return read_settings(data_dir=tmp_path, **given)


def from_file(tmp_path: Path, text: str, **given: Any) -> Settings:
    path = tmp_path / "channels.yaml"
    path.write_text(text)
    return settings(tmp_path, channels=path, **{**HTTPS, **given})


def test_without_tokens_there_are_no_accounts(tmp_path: Path) -> None:
    assert channel_accounts(settings(tmp_path)) == ()


def test_a_token_makes_a_bot_that_asks_for_its_messages(tmp_path: Path) -> None:
    (account,) = channel_accounts(settings(tmp_path, telegram_token="123:abc"))
    assert (account.id, account.programme, account.polling) == ("telegram/default", "base", True)


def test_no_secret_is_shown_with_an_account(tmp_path: Path) -> None:
    (account,) = channel_accounts(settings(tmp_path, **WHATSAPP))
    assert SECRET not in repr(account)


def test_two_secrets_are_good_while_one_takes_the_place_of_the_other(tmp_path: Path) -> None:
    both = {**WHATSAPP, "whatsapp_app_secret": f"{SECRET}, {SECRET} new"}
    (account,) = channel_accounts(settings(tmp_path, **both))
    assert account.secrets == (SECRET, f"{SECRET} new")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"telegram_token": "t", "telegram_mode": "webhook", **HTTPS},
            "telegram/default has no webhook secret",
        ),
        (
            {"telegram_token": "t", "telegram_mode": "webhook", "telegram_webhook_secret": SECRET},
            "PASITO_PUBLIC_URL is",
        ),
        ({"telegram_token": "t", "telegram_webhook_secret": "short"}, "fewer than 16 characters"),
        ({**WHATSAPP, "whatsapp_app_secret": ""}, "whatsapp/default has no app secret"),
        ({**WHATSAPP, "whatsapp_verify_token": ""}, "whatsapp/default has no verify token"),
        ({**WHATSAPP, "whatsapp_phone_id": ""}, "whatsapp/default has no phone id"),
    ],
)
def test_what_would_be_unsafe_does_not_start(tmp_path: Path, given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SettingsError, match=r"Pasito does not start") as raised:
        channel_accounts(settings(tmp_path, **given))
    assert sentence in str(raised.value)
    assert SECRET not in str(raised.value)


def test_all_that_is_missing_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as raised:
        channel_accounts(settings(tmp_path, whatsapp_token="t"))
    assert len(str(raised.value).splitlines()) == 4


GOOD = """\
accounts:
  - telegram: peru
    programme: pe
    mode: webhook
    token: {env: PERU_TOKEN}
    webhook_secrets: [{env: PERU_SECRET}]
  - whatsapp: lima
    programme: pe
    phone_id: "112233"
    token: {env: PERU_TOKEN}
    app_secrets: [{env: PERU_SECRET}]
    verify_token: {env: PERU_TOKEN}
    pace: none
"""


def test_a_file_holds_accounts_of_several_programmes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERU_TOKEN", "123:abc")
    monkeypatch.setenv("PERU_SECRET", SECRET)
    telegram, whatsapp = channel_accounts(from_file(tmp_path, GOOD))
    assert (telegram.id, telegram.programme, telegram.secrets) == ("telegram/peru", "pe", (SECRET,))
    assert (whatsapp.id, whatsapp.phone_id, whatsapp.limits) == ("whatsapp/lima", "112233", NO_LIMITS)
    assert telegram.limits != NO_LIMITS


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (GOOD, "PERU_TOKEN is empty or cannot be read"),
        (GOOD.replace("programme: pe", "programe: pe"), "programe"),
        (GOOD.replace("env: PERU_TOKEN", "file: nowhere"), "nowhere is empty or cannot be read"),
        (GOOD.replace("{env: PERU_TOKEN}", "abc"), "token"),
        ("accounts: none", "should begin with 'accounts:' and a list"),
        ("accounts: [", "channels.yaml"),
        ("- telegram: peru", "should begin with 'accounts:' and a list"),
    ],
)
def test_a_file_that_cannot_be_used_says_where_and_why(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(SettingsError) as raised:
        channel_accounts(from_file(tmp_path, text))
    assert sentence in str(raised.value)


def test_an_account_that_is_there_twice_does_not_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERU_TOKEN", "123:abc")
    monkeypatch.setenv("PERU_SECRET", SECRET)
    with pytest.raises(SettingsError, match="telegram/peru is there twice"):
        channel_accounts(from_file(tmp_path, GOOD + GOOD.removeprefix("accounts:\n")))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="which cannot be read"):
        channel_accounts(settings(tmp_path, channels=tmp_path / "nowhere.yaml"))
