"""PO files as translators open them: nothing that somebody wrote is lost."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.po import Translatable, Updated, updated
from content.po_files import BrokenPoFileError, read_po_file
from content.problems import Report
from content.sources import bundled_packs, bundled_sources
from content.translations import Catalogue, read_catalogue

HELLO = Translatable("menu/hello/say", "Hello {name}", ("a message", "{name}: her name"))
LABEL = Translatable("bank/size/choices/one", "100% free")
SHORT = Translatable("bank/size/choices/one#short", "100% free", ("At most 20 characters.",))
SAID = Translatable("menu/said", "menu | start")
LONG = Translatable("menu/long/say", 'First "line"\n' + "and many more words " * 30 + "\\ end")
TEXTS = (HELLO, LABEL, SHORT, SAID, LONG)


def make(old: bytes | None = None, *texts: Translatable, language: str | None = "es-PE") -> Updated:
    return updated(old, texts or TEXTS, language, "Pasito Perú")


def translated(source: bytes, **translations: str) -> bytes:
    """The file after a translator has filled in some entries, named by the last part of their keys."""
    lines = source.decode().split("\n\n")
    for name, text in translations.items():
        place = next(n for n, entry in enumerate(lines) if f'{name}"\nmsgid' in entry)
        lines[place] = lines[place].replace('msgstr ""', f'msgstr "{text}"')
    return "\n\n".join(lines).encode()


def read(source: bytes) -> Catalogue:
    report = Report()
    found = read_catalogue(source, "po/es-PE.po", report)
    assert report.ok
    return found


def entry(source: bytes, name: str) -> str:
    return next(part for part in source.decode().split("\n\n") if f'{name}"' in part)


def check(source: bytes, folder: Path) -> None:
    """gettext's own opinion, where it is installed."""
    if shutil.which("msgfmt"):
        (folder / "x.po").write_bytes(source)
        done = subprocess.run(
            ["msgfmt", "--check", "-o", "/dev/null", folder / "x.po"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")


def changed(text: Translatable, words: str) -> Translatable:
    return Translatable(text.key, words, text.notes)


def test_a_new_file_has_every_text_with_what_a_translator_should_know(tmp_path: Path) -> None:
    made = make()
    assert made.new == tuple(text.key for text in TEXTS)
    assert entry(made.source, "hello/say") == (
        '#. a message\n#. {name}: her name\nmsgctxt "menu/hello/say"\nmsgid "Hello {name}"\nmsgstr ""'
    )
    assert b'"Language: es_PE\\n"' in made.source
    assert {m.context: m.id for m in read_po_file(made.source) if m.id} == {t.key: t.text for t in TEXTS}
    check(made.source, tmp_path)


def test_a_template_has_no_language() -> None:
    assert b"Language:" not in make(language=None).source


def test_the_same_texts_give_the_same_file() -> None:
    once = translated(make().source, **{"hello/say": "Hola {name}"})
    again = make(once)
    assert (again.source, again.new, again.changed, again.gone) == (once, (), (), ())


def test_translations_stay_when_texts_come_and_move() -> None:
    once = translated(make().source, **{"hello/say": "Hola {name}"})
    more = make(once, Translatable("menu/new/say", "New"), LABEL, HELLO)
    assert more.new == ("menu/new/say",)
    assert read(more.source)[HELLO.key].text == "Hola {name}"
    assert [m.context for m in read_po_file(more.source) if m.id] == ["menu/new/say", LABEL.key, HELLO.key]


def test_a_text_that_has_changed_is_marked_and_shows_what_it_was(tmp_path: Path) -> None:
    once = translated(make().source, **{"hello/say": "Hola {name}", "long/say": "Mucho"})
    made = make(once, changed(HELLO, "Good day {name}"), changed(LONG, "Short now"))
    assert made.changed == (HELLO.key, LONG.key)
    assert '#, fuzzy\n#| msgid "Hello {name}"\n' in entry(made.source, "hello/say")
    found = read(made.source)
    assert (found[HELLO.key].fuzzy, found[HELLO.key].text) == (True, "Hola {name}")
    earlier = {m.context: tuple(m.previous_id) for m in read_po_file(made.source)}
    assert earlier[LONG.key] == (LONG.text,)
    check(made.source, tmp_path)


def test_what_is_marked_stays_marked_until_somebody_has_looked() -> None:
    once = translated(make().source, **{"hello/say": "Hola {name}"})
    now = changed(HELLO, "Good day {name}")
    marked = make(once, now).source
    again = make(marked, now)
    assert (again.source, again.changed) == (marked, ())
    third = make(marked, changed(HELLO, "Good morning {name}"))
    assert '#| msgid "Hello {name}"' in entry(third.source, "hello/say"), "the text that was translated"
    assert "# |" not in third.source.decode()
    looked = marked.replace(b"#, fuzzy\n", b"")
    assert not read(make(looked, now).source)[HELLO.key].fuzzy


def test_a_text_that_is_as_it_was_is_finished_again() -> None:
    once = translated(make().source, **{"hello/say": "Hola {name}"})
    marked = make(once, changed(HELLO, "Good day {name}")).source
    assert make(marked, HELLO).source == make(once, HELLO).source


def test_what_people_type_is_not_asked_for_again() -> None:
    once = translated(make().source, said="menú | inicio")
    made = make(once, changed(SAID, "menu | begin"))
    assert made.changed == ()
    assert not read(made.source)[SAID.key].fuzzy


def test_what_is_gone_is_kept_and_comes_back(tmp_path: Path) -> None:
    once = translated(make().source, **{"hello/say": "Hola {name}", "choices/one": "Gratis"})
    without = make(once, SAID)
    assert set(without.gone) == {HELLO.key, LABEL.key}
    assert b'#~ msgstr "Hola {name}"' in without.source
    assert set(read(without.source)) == set()
    check(without.source, tmp_path)
    later = make(without.source, SAID)
    assert (later.source, later.gone) == (without.source, ())
    back = make(later.source)
    assert read(back.source)[HELLO.key].text == "Hola {name}"
    assert b"#~" not in back.source


def test_what_was_unfinished_when_it_went_is_unfinished_when_it_comes_back() -> None:
    once = translated(make().source, **{"hello/say": "Hola {name}"})
    now = changed(HELLO, "Good day {name}")
    gone = make(make(once, now).source, SAID).source
    assert read(make(gone, now).source)[HELLO.key].fuzzy


def test_comments_of_people_stay() -> None:
    once = make().source.replace(b"#. a message\n", b"# Ben: say it more warmly\n#. a message\n")
    assert "# Ben: say it more warmly\n#. a message" in entry(make(once).source, "hello/say")
    assert b"# Ben: say it more warmly" in make(translated(once, **{"hello/say": "Hola {name}"}), SAID).source


def test_a_name_in_the_header_stays() -> None:
    once = make().source.replace(
        b"Last-Translator: a draft, to be read by a native speaker", b"Last-Translator: Rosa Quispe"
    )
    assert "Last-Translator: Rosa Quispe" in make(once).source.decode()


def test_a_percent_sign_is_no_format(tmp_path: Path) -> None:
    once = translated(make().source, **{"choices/one": "Gratis"})
    made = make(once).source
    assert b"format" not in made
    check(made, tmp_path)


@pytest.mark.parametrize("language", ["es-PE", "vi", "fil", "zh-Hant-TW", "ar", "quz", "xx"])
def test_a_file_can_be_made_for_every_language(language: str, tmp_path: Path) -> None:
    made = make(language=language).source
    assert make(made, language=language).source == made
    check(made, tmp_path)


@settings(max_examples=100, deadline=2000)
@given(
    st.lists(
        st.tuples(st.text(min_size=1, max_size=40).filter(str.strip), st.text(max_size=40)),
        min_size=1,
        max_size=4,
    )
)
def test_no_words_change_on_the_way_to_a_file_and_back(pairs: list[tuple[str, str]]) -> None:
    from babel.messages.pofile import normalize

    texts = [
        Translatable(f"menu/s{n}/say", text.encode("utf-8", "replace").decode())
        for n, (text, _) in enumerate(pairs)
    ]
    words = [translation.encode("utf-8", "replace").decode() for _, translation in pairs]
    source = make(None, *texts).source.decode()
    for number, text in enumerate(words):
        head, tail = source.split(f'msgctxt "menu/s{number}/say"', 1)
        source = (
            head + f'msgctxt "menu/s{number}/say"' + tail.replace('msgstr ""', f"msgstr {normalize(text)}", 1)
        )
    again = make(source.encode(), *texts)
    assert again.changed == again.gone == ()
    found = {m.context: (m.id, m.string) for m in read_po_file(again.source) if m.id}
    assert found == {text.key: (text.text, word) for text, word in zip(texts, words, strict=True)}
    assert make(again.source, *texts).source == again.source


BROKEN = [
    (b'msgctxt "k"\nmsgid "a"\nmsgstr "b\n', 3),
    (b'msgctxt "k"\nmsgid "a\nmsgstr "b"\n', 2),
    (b'msgctxt "k"\nmsgid "a"\nmsgstr b\n', 3),
    (b'msgctxt "k"\nmsgid "a"\nmsgstr "b" c\n', 3),
    (b'msgctxt "k"\nmsgid "a"\nmsgstr "b"c"\n', 3),
    (b'msgid "a"\n\nmsgid "b"\nmsgstr ""\n', 1),
    (b"schema: 1\n", 1),
    (b'# fine\nmsgid "a"\nmsgstr "\xff"\n', 3),
    (b"#" * 1_000_001, 1),
]  # fmt: skip


@pytest.mark.parametrize(("source", "line"), BROKEN, ids=range(len(BROKEN)))
def test_a_broken_file_is_named_by_its_line_and_never_written_over(source: bytes, line: int) -> None:
    with pytest.raises(BrokenPoFileError) as caught:
        make(source)
    assert caught.value.line == line
    assert len(str(caught.value)) > 10


def test_marks_of_other_editors_are_understood() -> None:
    theirs = (
        '\ufeffmsgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n#| msgctxt "old"\n#| msgid ""\n#| "Hello "\n#| "there"\n#, fuzzy\n'
        'msgctxt "menu/hello/say"\r\nmsgid "Hello {name}"\nmsgstr ""\n"Hola "\n"{name}"\n\n#~| msgid "before"\n#~ msgctxt "menu/old/say"\n'
        '#~ msgid "Old"\n#~ msgstr "Viejo"\n'
    ).encode()
    found = {m.context: m for m in read_po_file(theirs)}[HELLO.key]
    assert (found.string, found.previous_id, found.user_comments) == ("Hola {name}", ["Hello there"], [])
    assert '#~ msgstr "Viejo"' in make(theirs).source.decode()


@pytest.mark.parametrize("id", [id for id in bundled_packs() if id != "base"])
def test_files_of_the_examples_pass_gettext(id: str, tmp_path: Path) -> None:
    for path, source in bundled_sources(id).items():
        if path.endswith(".po"):
            check(source, tmp_path)
