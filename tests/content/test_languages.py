"""Which of a pack's languages comes nearest to the one somebody reads."""

from __future__ import annotations

import pytest

from content.languages import language_name, nearest


@pytest.mark.parametrize(
    ("wanted", "offered", "found"),
    [
        ("es-PE", ["en", "es", "es-PE"], "es-PE"),  # the very one
        ("ES_pe", ["en", "es-PE"], "es-PE"),  # however it is written
        ("es", ["en", "es-PE"], "es-PE"),  # another region
        ("es-PE", ["en", "es"], "es"),  # no region
        ("es-PE", ["es", "es-419"], "es-419"),  # CLDR: the parent of es-PE
        ("es-419", ["es-ES", "es-PE"], "es-PE"),
        ("es-MX", ["es-ES", "es-PE"], "es-PE"),
        ("es-ES", ["es-419", "es"], "es"),
        ("pt-BR", ["pt-PT"], "pt-PT"),
        ("zh-TW", ["zh-Hans", "zh-Hant"], "zh-Hant"),  # what is not named follows from the region
        ("zh-HK", ["zh-CN", "zh-TW"], "zh-TW"),
        ("zh", ["zh-Hant", "zh-Hans"], "zh-Hans"),
        ("zh-hant", ["zh-Hans"], "zh-Hans"),  # another script is better than another language
        ("tl", ["en", "fil"], "fil"),  # old codes, on either side
        ("fil-PH", ["en", "tl"], "tl"),
        ("in-ID", ["en", "id"], "id"),
        ("iw", ["en", "he"], "he"),
        ("en-u-ca-buddhist", ["es", "en"], "en"),
        ("en", ["en-AU", "en-NZ"], "en-AU"),  # of several as near the first
        ("de", ["en", "es"], None),
        ("english", ["en"], None),
        ("", ["en"], None),
        ("-", ["en"], None),
        ("e" * 5000, ["en"], None),
        ("en", [], None),
    ],
)
def test_the_nearest_language_is_found(wanted: str, offered: list[str], found: str | None) -> None:
    assert nearest(wanted, offered) == found


def test_languages_say_their_own_names() -> None:
    assert language_name("es-PE") == "Español (Perú)"
    assert language_name("vi") == "Tiếng Việt"
    assert language_name("xx-unknown") == "xx-unknown"
