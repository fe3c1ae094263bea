"""The languages that a browser says its person reads: the header Accept-Language (RFC 9110, section 12.5.4)."""

from __future__ import annotations

MOST = 20  # languages that are looked at; nobody reads more


def accepted(header: str) -> list[str]:
    """The languages of the header, the dearest first: "es;q=0.8, qu" -> ["qu", "es"]. Never raises."""
    found: list[tuple[float, str]] = []
    for part in header.split(",")[:MOST]:
        tag, _, weight = part.partition(";")
        worth = _worth(weight)
        if worth > 0 and tag.strip() not in ("", "*"):
            found.append((worth, tag.strip()))
    return [tag for _, tag in sorted(found, key=lambda one: -one[0])]


def _worth(weight: str) -> float:
    """From "q=0.8" to 0.8. Without a weight it is 1; what is no number is worth nothing."""
    name, _, value = weight.partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
