"""The accounts on Telegram and WhatsApp that this deployment answers: from the settings and PASITO_CHANNELS."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError

from bot.channels.accounts import ChannelAccount
from bot.channels.telegram.capabilities import LIMITS as TELEGRAM_LIMITS
from bot.channels.whatsapp.capabilities import LIMITS as WHATSAPP_LIMITS
from content.guarded_yaml import read_yaml
from content.problems import Report, render
from content.shapes import Shape
from pasito.letters import SettingsError
from pasito.settings import Settings
from store.pacing import NO_LIMITS

DEFAULT = "default"
PACES = Literal["platform", "none"]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]


class Secret(Shape):
    """A secret stands in a file or in an environment variable, never in the file of channels itself."""

    file: str | None = None
    env: str | None = None


class TelegramShape(Shape):
    telegram: Name
    programme: Name
    token: Secret
    mode: Literal["polling", "webhook"] = "polling"
    webhook_secrets: tuple[Secret, ...] = ()
    api_url: str | None = None
    pace: PACES = "platform"


class WhatsAppShape(Shape):
    whatsapp: Name
    programme: Name
    token: Secret
    phone_id: str
    app_secrets: tuple[Secret, ...]
    verify_token: Secret
    api_url: str | None = None
    pace: PACES = "platform"


def channel_accounts(settings: Settings) -> tuple[ChannelAccount, ...]:
    """All accounts. Raises SettingsError with all that is wrong."""
    accounts = [*_from_settings(settings), *_from_file(settings)]
    wrong = [problem for account in accounts for problem in _problems(account)]
    if not settings.public_url.startswith("https://") and any(_is_called(account) for account in accounts):
        wrong.append(
            f"PASITO_PUBLIC_URL is {settings.public_url!r}, but a platform calls only addresses that begin "
            "with https://. Nothing would come in. Pasito does not start."
        )
    twice = [id for id, n in Counter(account.id for account in accounts).items() if n > 1]
    wrong += [f"The account {id} is there twice. Pasito does not start." for id in twice]
    if wrong:
        raise SettingsError("\n".join(wrong))
    return tuple(accounts)


def programmes(settings: Settings, accounts: Iterable[ChannelAccount]) -> tuple[str, ...]:
    """The programmes of this deployment: its own, those of its accounts, and those that have a web page only."""
    listed = _file(settings).get("programmes", [])
    if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
        raise SettingsError(
            f"{settings.channels}: 'programmes' should be a list of packs. Pasito does not start."
        )
    return tuple(dict.fromkeys((settings.programme, *(account.programme for account in accounts), *listed)))


def _from_settings(settings: Settings) -> Iterable[ChannelAccount]:
    """The account called `default` of each platform."""
    if settings.telegram_token:
        yield ChannelAccount(
            settings.programme, "telegram", DEFAULT, settings.telegram_api_url, TELEGRAM_LIMITS,
            settings.telegram_token,
            secrets=_listed(settings.telegram_webhook_secret),
            polling=settings.telegram_mode == "polling",
        )  # fmt: skip
    if settings.whatsapp_token:
        yield ChannelAccount(
            settings.programme, "whatsapp", DEFAULT, settings.whatsapp_api_url, WHATSAPP_LIMITS,
            settings.whatsapp_token,
            secrets=_listed(settings.whatsapp_app_secret),
            verify_token=settings.whatsapp_verify_token,
            phone_id=settings.whatsapp_phone_id,
        )  # fmt: skip


def _listed(secrets: str) -> tuple[str, ...]:
    """Two secrets with a comma between are both good, while one takes the place of the other."""
    return tuple(secret.strip() for secret in secrets.split(",") if secret.strip())


def _is_called(account: ChannelAccount) -> bool:
    """Whether a public platform posts to us; a server on this machine may do so without https."""
    return not account.polling and urlsplit(account.api_url).hostname not in ("127.0.0.1", "localhost", "::1")


def _problems(account: ChannelAccount) -> Iterable[str]:
    """What keeps an account from being safe. Each with its consequence."""
    of, end = f"The account {account.id} has no", "Pasito does not start."
    if account.channel == "telegram" and not account.polling and not account.secrets:
        yield f"{of} webhook secret, so anybody could speak as Telegram. {end}"
    if account.channel == "whatsapp":
        for value, name in (
            (account.secrets, "app secret, so anybody could speak as WhatsApp"),
            (account.verify_token, "verify token, so WhatsApp could not be told that we are who we are"),
            (account.phone_id, "phone id, so nothing could be sent"),
        ):
            if not value:
                yield f"{of} {name}. {end}"
    if any(len(secret) < 16 for secret in account.secrets):
        yield f"A secret of the account {account.id} has fewer than 16 characters and can be guessed. {end}"


# --- the file of PASITO_CHANNELS ---------------------------------------------------------------------


def _from_file(settings: Settings) -> Iterable[ChannelAccount]:
    path, found = settings.channels, _file(settings)
    entries = found.get("accounts", [] if "programmes" in found or path is None else None)
    if not isinstance(entries, list):
        raise SettingsError(f"{path}: it should begin with 'accounts:' and a list. Pasito does not start.")
    wrong: list[str] = []
    for number, entry in enumerate(entries, 1):
        try:
            yield _account(entry, settings, f"{path}, account {number}")
        except SettingsError as error:
            wrong.append(str(error))
    if wrong:
        raise SettingsError("\n".join(wrong))


def _file(settings: Settings) -> dict[str, Any]:
    """What PASITO_CHANNELS holds: `accounts`, and `programmes` that have a web page only."""
    if settings.channels is None:
        return {}
    report = Report()
    document = read_yaml(_source(settings.channels), str(settings.channels), report)
    if document is None or report.errors:
        raise SettingsError(render(report.errors))
    return document.value if isinstance(document.value, dict) else {}


def _source(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SettingsError(
            f"PASITO_CHANNELS is {str(path)!r}, which cannot be read ({error.strerror}). Pasito does not start."
        ) from None


def _account(entry: Any, settings: Settings, where: str) -> ChannelAccount:
    shape: type[TelegramShape] | type[WhatsAppShape] = (
        WhatsAppShape if isinstance(entry, dict) and "whatsapp" in entry else TelegramShape
    )
    try:
        read = shape.model_validate(entry)
    except ValidationError as error:
        lines = [f"{where}: {'.'.join(map(str, e['loc']))}: {e['msg']}." for e in error.errors()]
        raise SettingsError("\n".join([*lines, "Pasito does not start."])) from None
    secret: Callable[[Secret], str] = partial(_value, where=where)
    if isinstance(read, WhatsAppShape):
        return ChannelAccount(
            read.programme, "whatsapp", read.whatsapp, read.api_url or settings.whatsapp_api_url,
            NO_LIMITS if read.pace == "none" else WHATSAPP_LIMITS,
            secret(read.token),
            secrets=tuple(secret(one) for one in read.app_secrets),
            verify_token=secret(read.verify_token),
            phone_id=read.phone_id,
        )  # fmt: skip
    return ChannelAccount(
        read.programme, "telegram", read.telegram, read.api_url or settings.telegram_api_url,
        NO_LIMITS if read.pace == "none" else TELEGRAM_LIMITS,
        secret(read.token),
        secrets=tuple(secret(one) for one in read.webhook_secrets),
        polling=read.mode == "polling",
    )  # fmt: skip


def _value(secret: Secret, where: str) -> str:
    if secret.env:
        value = os.environ.get(secret.env, "")
        place = f"the environment variable {secret.env}"
    elif secret.file:
        place = secret.file
        try:
            value = Path(secret.file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            value = ""
    else:
        raise SettingsError(f"{where}: a secret needs 'file:' or 'env:'. Pasito does not start.")
    if not value:
        raise SettingsError(f"{where}: {place} is empty or cannot be read. Pasito does not start.")
    return value
