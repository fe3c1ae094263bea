"""Only WhatsApp can speak as WhatsApp."""

from __future__ import annotations

import hashlib
import hmac

import orjson
import pytest

from bot.channels.whatsapp.signature import is_ours, is_signed, signature
from tests.whatsapp.webhooks import NEW_SECRET, SECRET, VERIFY

BODY = b'{"object":"whatsapp_business_account","entry":[{"url":"https:\\/\\/example.org"}]}'
GOOD = "sha256=" + hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()

REFUSED = {
    "none": None,
    "empty": "",
    "prefix_only": "sha256=",
    "short": GOOD[:-1],
    "shorter": GOOD[:20],
    "long": GOOD + "0",
    "uppercase": "sha256=" + GOOD[7:].upper(),
    "uppercase_prefix": "SHA256=" + GOOD[7:],
    "no_prefix": GOOD[7:],
    "space": " " + GOOD,
    "sha1": "sha1=" + hmac.new(SECRET.encode(), BODY, hashlib.sha1).hexdigest(),
    "named_sha1": "sha1=" + GOOD[7:],
    "other_secret": signature(BODY, "somebody else's secret"),
    "empty_secret": "sha256=" + hmac.new(b"", BODY, hashlib.sha256).hexdigest(),
    "no_key_at_all": "sha256=" + hashlib.sha256(BODY).hexdigest(),
    "not_ascii": "sha256=é",
    "half_a_pair": "\ud800",
}


def test_our_signature_is_the_platforms() -> None:
    assert signature(BODY, SECRET) == GOOD
    assert is_signed(BODY, GOOD, (SECRET,))


@pytest.mark.parametrize("case", REFUSED)
def test_a_signature_that_is_not_exactly_right_is_refused(case: str) -> None:
    assert not is_signed(BODY, REFUSED[case], (SECRET, NEW_SECRET))


def test_the_bytes_are_signed_and_not_their_meaning() -> None:
    again = orjson.dumps(orjson.loads(BODY))
    assert again != BODY
    assert not is_signed(again, GOOD, (SECRET,))
    assert not is_signed(BODY + b"\n", GOOD, (SECRET,))


def test_while_a_secret_is_changed_both_are_good() -> None:
    for secret in (SECRET, NEW_SECRET):
        assert is_signed(BODY, signature(BODY, secret), (SECRET, NEW_SECRET))


def test_without_a_secret_nobody_is_let_in() -> None:
    nothing = "sha256=" + hmac.new(b"", BODY, hashlib.sha256).hexdigest()
    assert not is_signed(BODY, nothing, ())
    assert not is_signed(BODY, nothing, ("",))


@pytest.mark.parametrize("given", [None, "", VERIFY[:-1], VERIFY + "x", VERIFY.upper(), "é", "\ud800"])
def test_a_wrong_verify_token_is_refused(given: str | None) -> None:
    assert not is_ours(given, VERIFY)
    assert not is_ours(given, "")


def test_the_right_verify_token_is_taken() -> None:
    assert is_ours(VERIFY, VERIFY)
