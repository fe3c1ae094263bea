"""The keyed secrets of the store: how an address is found again, and how it is kept unreadable.

One secret of the deployment makes separate keys for each programme, so that two programmes
can never match their people. The secret lives outside the database and its backups.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from functools import lru_cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES = 12
_MARK_BYTES = 32


class Vault:
    """Hashes and seals under the keys of a programme. `secret` has at least 16 bytes."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 16:
            raise ValueError("The secret key is too short. It needs at least 16 bytes.")
        self._secret = secret
        self._key = lru_cache(maxsize=1024)(self._derive)

    def mark(self, programme: str, purpose: str, *parts: str) -> str:
        """A keyed hash, 64 hex digits. A plain hash of a phone number is guessed in minutes.

        The length of each part is hashed too, so that ("ab", "c") and ("a", "bc") differ.
        """
        raw = [part.encode() for part in parts]
        text = b"".join([len(part).to_bytes(4, "big") + part for part in raw])
        key = self._key(programme, f"mark:{purpose}")
        return hashlib.blake2b(text, key=key, digest_size=_MARK_BYTES).hexdigest()

    def seal(self, programme: str, kind: str, value: str) -> str:
        """The value encrypted with AES-GCM, as base64; `open` with the same kind reads it."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        cipher = AESGCM(self._key(programme, "seal"))
        return base64.b64encode(nonce + cipher.encrypt(nonce, value.encode(), kind.encode())).decode()

    def open(self, programme: str, kind: str, sealed: str) -> str:
        """What `seal` was given. Raises `cryptography.exceptions.InvalidTag` under another key."""
        raw = base64.b64decode(sealed)
        cipher = AESGCM(self._key(programme, "seal"))
        return cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], kind.encode()).decode()

    def _derive(self, programme: str, purpose: str) -> bytes:
        info = f"pasito:{purpose}:{programme}".encode()
        return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(self._secret)
