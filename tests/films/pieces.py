"""A short film for tests: its words in two languages."""

from __future__ import annotations

from content.films import Film, OwnFilm
from content.pack import Pack
from content.translations import words_of
from content.words import Words

TITLE = "Let customers find you"
SCENES = ("This man wants new chairs.", "Tomas makes chairs, one street away. Now ask a friend to find you.")
SPANISH = {
    "films/V02/title": "Que te encuentren",
    "films/V02/scenes/1/words": "Este señor quiere sillas nuevas.",
    "films/V02/scenes/2/words": "Tomás hace sillas, a una calle. Ahora pide a un amigo que te busque.",
}
TEXTS = {
    "films/V02/title": TITLE,
    **{f"films/V02/scenes/{n}/words": words for n, words in enumerate(SCENES, 1)},
    **{f"films/V02/scenes/{n}/picture": f"Picture {n}" for n in (1, 2)},
}


def spoken(pack: Pack) -> Words:
    return words_of(pack.texts, pack.catalogues, pack.terms)


def own(file: str) -> dict[str, Film]:
    """The short film, which the economy shows from a file of its own."""
    return {"V02": Film("V02", 2, 12, (), {"en": OwnFilm(file=file)})}
