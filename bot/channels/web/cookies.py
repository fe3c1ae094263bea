"""Who is it? A random cookie that we signed; nobody can make one, and none says who she is."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping

YEAR = 365 * 24 * 3600


class Cookies:
    """Makes and checks the cookie of a conversation, and the token of its form.

    secure: the service is reached over https. Then the name's prefix makes browsers refuse the
    cookie from any other host, and over http.
    """

    def __init__(self, secret: str, *, secure: bool) -> None:
        self._key = hashlib.sha256(f"web-cookie:{secret}".encode()).digest()
        self.secure = secure
        self.name = "__Host-pasito" if secure else "pasito"

    def of(self, sent: Mapping[str, str]) -> tuple[str, str]:
        """The cookie of a browser and its token; a new one for a stranger, or for a cookie not of ours."""
        cookie = sent.get(self.name, "")
        token = self.token(cookie)
        if token is None:
            token = secrets.token_urlsafe(16)
            cookie = f"{token}.{self._sign(token)}"
        return cookie, token

    def token(self, cookie: str | None) -> str | None:
        """The random part of a cookie of ours; None for any other."""
        token, _, signature = (cookie or "").partition(".")
        return (
            token if token and hmac.compare_digest(signature.encode(), self._sign(token).encode()) else None
        )

    def form_token(self, token: str) -> str:
        """Proves that a form came from our page for this conversation."""
        return self._sign(f"form:{token}")

    def form_is_ours(self, token: str, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self.form_token(token).encode())

    def _sign(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()[:32]
