"""Which voices can read a film aloud, and which of them reads a language.

The names are those of espeak-ng 1.52, which the extra `video` brings. A language that is not among them
is never read by the voice of another one: it would spell out foreign letters.
"""

from __future__ import annotations

from collections.abc import Mapping

from content.words import chain

SILENT = "none"  # what an author writes for a film without a voice

VOICES = frozenset(
    """
    af am an ar as az ba be bg bn bs ca cmn cs cv cy da de el en en-029 en-GB-scotland en-US es
    es-419 et eu fa fi fr fr-BE fr-CH ga gd gn gu hak haw he hi hr ht hu hy hyw id is it ja ka kk
    kl kn ko kok ku ky lb lt ltg lv mi mk ml mr ms mt mto my nb ne nl nog om or pa pap pl pt pt-BR qu quc
    ro ru sd shn si sk sl smj sq sr sv sw ta te th ti tk tn tr tt ug uk ur uz vi vi-VN-x-central
    vi-VN-x-south yue
    """.split()  # noqa: SIM905 - a hundred names are read more easily like this
)

# Languages whose voice goes by another name.
_OTHER_NAMES: Mapping[str, str] = {
    "no": "nb",
    "zh": "cmn",
    "zh-HK": "yue",
    "zh-Hant-HK": "yue",
    "zh-MO": "yue",
    "in": "id",
    "iw": "he",
}
# In these places Spanish is not spoken as in the Americas.
_SPANISH_ELSEWHERE = frozenset({"ES", "EA", "IC", "GQ", "PH"})


def voice_for(language: str, chosen: Mapping[str, str]) -> str | None:
    """The name of the voice for a language, `none` if the pack wants none, or None if no voice speaks it.

    chosen: what the pack says, language -> voice.
    """
    tags = chain(language) or (language,)
    for tag in tags:
        if tag in chosen:
            return chosen[tag]
    parts = language.split("-")
    if parts[0] == "es" and len(parts) > 1 and parts[-1] not in _SPANISH_ELSEWHERE:
        return "es-419"
    for tag in tags:
        if tag in VOICES or tag in _OTHER_NAMES:
            return _OTHER_NAMES.get(tag, tag)
    return parts[0] if parts[0] in VOICES else None
