"""Who is it? A random cookie that we signed; nobody can make one, and none says who she is."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping

YEAR = 365 * 24 * 3600


class Cookies:
    """Makes and checks the cookie of a browser, and the token of its forms.

    A cookie holds a random token, the programme whose page was opened last, and our signature.

    secure: the service is reached over https. Then the name's prefix makes browsers refuse the
    cookie from any other host, and over http.
    """

    def __init__(self, secret: str, *, secure: bool) -> None:
        self._key = hashlib.sha256(f"web-cookie:{secret}".encode()).digest()
        self.secure = secure
        self.name = "__Host-pasito" if secure else "pasito"

    def read(self, sent: Mapping[str, str]) -> tuple[str, str] | None:
        """The token of a browser and the programme it was at last; None without a cookie of ours.

        Cookies from before there were several programmes name none.
        """
        value, _, signature = sent.get(self.name, "").rpartition(".")
        if not value or not hmac.compare_digest(signature.encode(), self._sign(value).encode()):
            return None
        token, _, programme = value.partition(".")
        return token, programme

    def made(self, token: str, programme: str) -> str:
        value = f"{token}.{programme}"
        return f"{value}.{self._sign(value)}"

    def new_token(self) -> str:
        return secrets.token_urlsafe(16)

    def form_token(self, token: str) -> str:
        """Proves that a form came from our page for this browser."""
        return self._sign(f"form:{token}")

    def form_is_ours(self, token: str, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self.form_token(token).encode())

    def _sign(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()[:32]
