"""The one place that reads the environment: once, at the start, failing there with a sentence.

The help of each setting is its documentation: docs/operator/settings.md is made from it.
"""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from pasito.letters import SettingsError

PREFIX = "PASITO_"
LEAST_SECRET = 32


def _database_url(url: str) -> str:
    """Whether the driver likes it is seen when the database is opened."""
    if url and not re.match(r"(sqlite|postgresql|postgres)(\+\w+)?://", url):
        raise ValueError("it should begin with sqlite:/// or postgresql://")
    if url:
        _ = urlsplit(url).port  # raises ValueError for a port that is none
    return url


def _public_url(url: str) -> str:
    if url and not (urlsplit(url).scheme in ("http", "https") and urlsplit(url).hostname):
        raise ValueError("it should be an address such as https://pasito.example")
    return url.rstrip("/")


def _programme(name: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,39}", name):
        raise ValueError("it should be the name of a pack: small letters, digits, - and _")
    return name


def _folders(given: Any) -> Any:
    """Folders are listed as in PATH."""
    return [part for part in given.split(os.pathsep) if part] if isinstance(given, str) else given


def _folder(path: Path) -> Path:
    if not path.is_dir():
        raise ValueError("there is no such folder")
    return path


class Settings(BaseSettings):
    """How this deployment runs. From the environment, `.env`, or NAME_FILE for secrets."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", extra="ignore", frozen=True)

    env: Literal["development", "production"] = Field(
        "development",
        description="`production` refuses to start without a secret key and publishes no pack by itself.",
    )
    database_url: Annotated[str, AfterValidator(_database_url)] = Field(
        "",
        repr=False,  # it may hold a password
        description="`sqlite:///path` or `postgresql://…`. Empty: a SQLite file in the data folder.",
    )
    data_dir: Path = Field(
        Path("data"), description="Where the database and, in development, the secret key are kept."
    )
    host: str = Field("127.0.0.1", description="The address that the web process listens on.")
    port: int = Field(8000, ge=1, le=65535, description="Its port.")
    public_url: Annotated[str, AfterValidator(_public_url)] = Field(
        "",
        description="The address that people use, such as https://pasito.example. With https, cookies are sent over https only.",
    )
    secret_key: str = Field(
        "",
        repr=False,
        description="At least 32 characters; keeps identities sealed. In development it is made once and kept in the data folder.",
    )
    packs: Annotated[list[Annotated[Path, AfterValidator(_folder)]], NoDecode, BeforeValidator(_folders)] = (
        Field([], description="Folders of packs beside the base pack, listed as in PATH (`one:two`).")
    )
    programme: Annotated[str, AfterValidator(_programme)] = Field(
        "base", description="The programme (its pack) that a new conversation belongs to."
    )
    telegram_token: str = Field(
        "", repr=False, description="The token of a Telegram bot. Empty: no Telegram."
    )
    telegram_mode: Literal["polling", "webhook"] = Field(
        "polling",
        description="`polling` asks Telegram for messages and needs no public address; `webhook` is called by it at PASITO_PUBLIC_URL.",
    )
    telegram_webhook_secret: str = Field(
        "",
        repr=False,
        description="At least 16 letters, digits, - and _; Telegram shows it with each call. Two with a comma between while one replaces the other.",
    )
    telegram_api_url: Annotated[str, AfterValidator(_public_url)] = Field(
        "https://api.telegram.org",
        description="The server of the Bot API; another one for a server of your own.",
    )
    whatsapp_token: str = Field(
        "", repr=False, description="The access token of the WhatsApp Cloud API. Empty: no WhatsApp."
    )
    whatsapp_phone_id: str = Field("", description="WhatsApp's id of the phone number that writes.")
    whatsapp_app_secret: str = Field(
        "",
        repr=False,
        description="The secret of the Meta app; webhooks are signed with it. Two with a comma between while one replaces the other.",
    )
    whatsapp_verify_token: str = Field(
        "", repr=False, description="What you type at Meta when the webhook is registered."
    )
    whatsapp_api_url: Annotated[str, AfterValidator(_public_url)] = Field(
        "https://graph.facebook.com", description="The server of the Cloud API."
    )
    channels: Path | None = Field(
        None,
        description="A YAML file with several accounts of several programmes; see [Accounts](accounts.md).",
    )
    metrics_token: str = Field(
        "", repr=False, description="Who shows it may read /metrics from elsewhere than this machine."
    )
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(str.upper)] = Field(
        "INFO", description="How much is logged. Words of people are never logged."
    )

    @property
    def url(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir / 'pasito.sqlite3'}"

    @property
    def films_dir(self) -> Path:
        """Where built films lie."""
        return self.data_dir / "films"

    @property
    def secure(self) -> bool:
        return self.public_url.startswith("https://")


def read_settings(**overrides: Any) -> Settings:
    """The settings of this process. Raises SettingsError with all that is wrong at once."""
    given = {**_from_files(), **{name: value for name, value in overrides.items() if value is not None}}
    try:
        settings = Settings(**given)
    except UnicodeDecodeError:
        raise SettingsError(
            "The file .env is not in UTF-8. Save it as UTF-8. Pasito does not start."
        ) from None
    except ValidationError as error:
        raise SettingsError("\n".join(_sentence(detail) for detail in error.errors())) from None
    return settings.model_copy(update={"secret_key": _secret(settings)})


def _from_files() -> dict[str, str]:
    """PASITO_SECRET_KEY_FILE=/run/secrets/key: the value of PASITO_SECRET_KEY stands in that file."""
    found = {}
    for name in Settings.model_fields:
        variable = f"{PREFIX}{name.upper()}_FILE"
        if path := os.environ.get(variable):
            try:
                found[name] = Path(path).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                reason = getattr(error, "strerror", None) or "it is not text"
                raise SettingsError(
                    f"{variable} is {path}, which cannot be read ({reason}). Pasito does not start."
                ) from None
    return found


def _sentence(detail: Any) -> str:
    """Name, value, what is expected, and what happens now."""
    field = str(detail["loc"][0])
    value = f" is {str(detail['input'])!r}" if Settings.model_fields[field].repr else " cannot be used"
    expected = detail["msg"].removeprefix("Value error, ")
    return f"{PREFIX}{field.upper()}{value}: {expected[0].lower()}{expected[1:]}. Pasito does not start."


def _secret(settings: Settings) -> str:
    if settings.secret_key:
        return _long_enough(settings.secret_key, f"{PREFIX}SECRET_KEY")
    if settings.env == "production":
        raise SettingsError(
            "PASITO_SECRET_KEY is empty, and PASITO_ENV is production. Without it identities cannot be "
            "sealed, so Pasito does not start. Set it (32 characters or more) and keep it apart from the backups."
        )
    path = settings.data_dir / "secret_key"
    try:
        return _long_enough(_kept_secret(path), f"The key in {path}")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "there is something else in it"
        raise SettingsError(
            f"PASITO_DATA_DIR is {str(settings.data_dir)!r}, but the secret key cannot be kept there ({reason}). "
            "Pasito does not start."
        ) from None


def _long_enough(secret: str, name: str) -> str:
    if len(secret) < LEAST_SECRET:
        raise SettingsError(
            f"{name} is too short; it needs at least {LEAST_SECRET} characters. Pasito does not start."
        )
    return secret


def _kept_secret(path: Path) -> str:
    """The key of a development folder: made once, readable only by its owner."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
        # Whole or not at all, and the first of two processes that start together decides.
        with suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text(encoding="utf-8").strip()
