"""Files that only the deployment's secret opens: compressed, encrypted, and noticed when they are changed.

A file is a first line that names it, a line of JSON about it, and chunks: four bytes of length,
then AES-GCM. The number of a chunk and whether it is the last one are part of its nonce, and the
two lines are authenticated with every chunk: nothing can be cut, added, swapped or taken from
another file. The key is made from the secret and the salt of this file alone, so no nonce is ever
used twice with it.
"""

from __future__ import annotations

import hmac
import secrets
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import BinaryIO, Literal

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NAME = b"PASITO BACKUP"
FORMAT = 1
CHUNK = 256 * 1024
_TAG = 16
_SALT = 32
_LEAST_SECRET = 16
_MOST_HEADER = 4096
# Nearly as small as the best level, in a third of the time.
_LEVEL = 4


class SealedFileError(Exception):
    """The file cannot be used. The message is for the operator."""


@dataclass(frozen=True, slots=True)
class About:
    """What stands readable at the head of a file. made_at: microseconds UTC.

    holds: everything, or only the journal of erasures. revision: the newest migration of its tables.
    """

    holds: Literal["everything", "erasures"]
    revision: str
    made_at: int


_NOT_OURS = "It is not a backup of Pasito."
_WRONG_KEY = "PASITO_SECRET_KEY does not open it. Set the key of the deployment that made it."
_DAMAGED = "It is damaged or cut short, so it cannot be used. Take another one."


def is_sealed_file(start: bytes) -> bool:
    """Whether a file that begins like this is one of ours."""
    return start.startswith(NAME + b" ")


def write_sealed(file: BinaryIO, secret: bytes, about: About, lines: Iterable[bytes]) -> None:
    """Writes lines that have no line break inside."""
    salt = secrets.token_bytes(_SALT)
    head = {**asdict(about), "salt": salt.hex(), "check": _check(secret, salt).hex()}
    header = b"%b %d\n%b\n" % (NAME, FORMAT, orjson.dumps(head))
    file.write(header)
    cipher = _cipher(secret, salt)
    for number, (chunk, last) in enumerate(_chunks(lines)):
        sealed = cipher.encrypt(_nonce(number, last), chunk, header)
        file.write(len(sealed).to_bytes(4, "big") + sealed)


def read_sealed(file: BinaryIO, secret: bytes) -> tuple[About, Iterator[bytes]]:
    """What the file is, and its lines. Raises `SealedFileError`, also while the lines are read.

    What was read is whole only when the lines have come to their end.
    """
    first = file.readline(_MOST_HEADER)
    if not is_sealed_file(first):
        raise SealedFileError(_NOT_OURS)
    if first != b"%b %d\n" % (NAME, FORMAT):
        raise SealedFileError("Another version of Pasito made it, and this one cannot read it.")
    second = file.readline(_MOST_HEADER)
    try:
        head = orjson.loads(second)
        salt, check = (bytes.fromhex(head.pop(name)) for name in ("salt", "check"))
        about = About(**head)
    except (ValueError, TypeError, AttributeError, KeyError):
        raise SealedFileError(_DAMAGED) from None
    if not hmac.compare_digest(check, _check(secret, salt)):
        raise SealedFileError(_WRONG_KEY)
    return about, _lines(_opened(file, _cipher(secret, salt), first + second))


def _chunks(lines: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """The compressed lines in chunks, each with whether it is the last one."""
    press, waiting = zlib.compressobj(_LEVEL), bytearray()
    for line in lines:
        waiting += press.compress(line + b"\n")
        while len(waiting) > CHUNK:
            yield bytes(waiting[:CHUNK]), False
            del waiting[:CHUNK]
    waiting += press.flush()
    while len(waiting) > CHUNK:
        yield bytes(waiting[:CHUNK]), False
        del waiting[:CHUNK]
    yield bytes(waiting), True


def _opened(file: BinaryIO, cipher: AESGCM, header: bytes) -> Iterator[bytes]:
    """The compressed chunks. Which one is the last is seen by what follows it: nothing."""
    number, sealed = 0, _next_chunk(file)
    while sealed is not None:
        following = _next_chunk(file)
        try:
            yield cipher.decrypt(_nonce(number, following is None), sealed, header)
        except InvalidTag:
            raise SealedFileError(_DAMAGED) from None
        number, sealed = number + 1, following
    if not number:
        raise SealedFileError(_DAMAGED)


def _next_chunk(file: BinaryIO) -> bytes | None:
    """None at the end of the file."""
    length = file.read(4)
    if not length:
        return None
    expected = int.from_bytes(length, "big")
    sealed = file.read(expected) if expected <= CHUNK + _TAG else b""
    if len(length) < 4 or len(sealed) < expected:
        raise SealedFileError(_DAMAGED)
    return sealed


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    unpress, rest = zlib.decompressobj(), b""
    for chunk in chunks:
        *whole, rest = (rest + unpress.decompress(chunk)).split(b"\n")
        yield from whole
    if rest or not unpress.eof:
        raise SealedFileError(_DAMAGED)


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _cipher(secret: bytes, salt: bytes) -> AESGCM:
    return AESGCM(_derived(secret, salt, "backup", 32))


def _check(secret: bytes, salt: bytes) -> bytes:
    """Tells a wrong key from a damaged file, and nothing about the key that encrypts."""
    return _derived(secret, salt, "backup check", 16)


def _derived(secret: bytes, salt: bytes, purpose: str, length: int) -> bytes:
    if len(secret) < _LEAST_SECRET:
        raise ValueError("The secret key is too short. It needs at least 16 bytes.")
    info = f"pasito:{purpose}".encode()
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(secret)
