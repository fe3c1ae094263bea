"""Whether a webhook comes from WhatsApp. What is missing, empty or oddly written is refused."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

HEADER = "x-hub-signature-256"


def signature(body: bytes, secret: str) -> str:
    """The value of the header: an HMAC of the bytes as they were sent, not of what they mean."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def is_signed(body: bytes, header: str | None, secrets: Sequence[str]) -> bool:
    """Whether one of the secrets made this signature. All are tried, so that time tells nothing."""
    given = (header or "").encode("utf-8", "replace")
    good = [hmac.compare_digest(given, signature(body, secret).encode()) for secret in secrets if secret]
    return any(good)


def is_ours(given: str | None, verify_token: str) -> bool:
    """Whether who asks for the challenge knows our verify token."""
    right = verify_token.encode()
    return hmac.compare_digest((given or "").encode("utf-8", "replace"), right) and bool(right)
