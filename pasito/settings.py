"""The one place that reads the environment: once, at the start, failing there with a sentence.

The help of each setting is its documentation: docs/operator/settings.md is made from it.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "PASITO_"


class SettingsError(Exception):
    """The settings cannot be used. The message is for the operator: name, value, consequence."""


class Settings(BaseSettings):
    """How this deployment runs. From the environment, `.env`, or NAME_FILE for secrets."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", extra="ignore", frozen=True)

    env: Literal["development", "production"] = Field(
        "development",
        description="`production` refuses to start without a secret key and publishes no pack by itself.",
    )
    database_url: str = Field(
        "", description="`sqlite:///path` or `postgresql://…`. Empty: a SQLite file in the data folder."
    )
    data_dir: Path = Field(
        Path("data"), description="Where the database and, in development, the secret key are kept."
    )
    host: str = Field("127.0.0.1", description="The address that the web process listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Its port.")
    public_url: str = Field(
        "",
        description="The address that people use, such as https://pasito.example. With https, cookies are sent over https only.",
    )
    secret_key: str = Field(
        "",
        description="At least 32 characters; keeps identities sealed. In development it is made once and kept in the data folder.",
    )
    packs: list[Path] = Field([], description="Folders of packs beside the base pack, as a JSON list.")
    programme: str = Field("base", description="The programme (its pack) that a new conversation belongs to.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="How much is logged. Words of people are never logged."
    )

    @property
    def url(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir / 'pasito.sqlite3'}"

    @property
    def secure(self) -> bool:
        return self.public_url.startswith("https://")


def read_settings(**overrides: Any) -> Settings:
    """The settings of this process. Raises SettingsError with all that is wrong at once."""
    given = {**_from_files(), **{name: value for name, value in overrides.items() if value is not None}}
    try:
        settings = Settings(**given)
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
            except OSError as error:
                raise SettingsError(
                    f"{variable} is {path}, which cannot be read ({error.strerror})."
                ) from None
    return found


def _sentence(detail: Any) -> str:
    name = f"{PREFIX}{str(detail['loc'][0]).upper()}" if detail["loc"] else PREFIX
    if name.endswith("SECRET_KEY"):
        return f"{name} cannot be used: {detail['msg']}."
    return f"{name} is {detail['input']!r}: {detail['msg'].lower()}. Pasito does not start."


def _secret(settings: Settings) -> str:
    if settings.secret_key:
        if len(settings.secret_key) < 32:
            raise SettingsError(
                "PASITO_SECRET_KEY is too short; it needs at least 32 characters. Pasito does not start."
            )
        return settings.secret_key
    if settings.env == "production":
        raise SettingsError(
            "PASITO_SECRET_KEY is empty, and PASITO_ENV is production. Without it identities cannot be "
            "sealed. Set it (32 characters or more) and keep it apart from the backups."
        )
    return _kept_secret(settings.data_dir / "secret_key")


def _kept_secret(path: Path) -> str:
    """The key of a development folder: made once, readable only by its owner."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="utf-8").strip()
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(secrets.token_urlsafe(48))
    return path.read_text(encoding="utf-8").strip()
