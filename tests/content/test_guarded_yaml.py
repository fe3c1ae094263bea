"""What may be written in a pack's YAML, and that nobody can hurt us with it."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.guarded_yaml import BYTES, DEPTH, NODES, SCALAR, read_yaml
from content.problems import Place, Report


def read(source: str | bytes) -> tuple[object, tuple[str, ...]]:
    report = Report()
    raw = source if isinstance(source, bytes) else source.encode()
    document = read_yaml(raw, "x.yaml", report)
    return (document.value if document else None), report.codes()


def test_all_scalars_stay_text() -> None:
    value, problems = read(
        "no: no\nyes: on\nversion: 1.10\nday: 2001-99-99\nnorway: NO\nbig: 1e3\n'on': true"
    )
    assert value == {
        "no": "no",
        "yes": "on",
        "version": "1.10",
        "day": "2001-99-99",
        "norway": "NO",
        "big": "1e3",
        "on": "true",
    }
    assert problems == ()


def test_nothing_and_null_are_none_and_quoted_words_are_words() -> None:
    value, _ = read('a:\nb: null\nc: ""\nd: "null"\ne: ~')
    assert value == {"a": None, "b": None, "c": "", "d": "null", "e": "~"}


@pytest.mark.parametrize("word", ["12:30", "0123", "12:30:00"])
def test_what_others_read_as_a_number_gets_a_hint(word: str) -> None:
    value, problems = read(f"at: {word}")
    assert value == {"at": word}
    assert problems == ("YAML-016",)
    assert read(f'at: "{word}"')[1] == ()


def test_every_value_and_key_has_its_place() -> None:
    report = Report()
    document = read_yaml(b'steps:\n  - say: Hello\n    if: "x == 1"\n', "f.yaml", report)
    assert document is not None
    marks = document.marks
    assert marks.at("steps", 0, "say") == Place("f.yaml", 2, 10)
    assert marks.key("steps", 0, "say") == Place("f.yaml", 2, 5)
    assert marks.at("steps", 0, "if") == Place("f.yaml", 3, 10)  # inside the quotes
    assert marks.at("steps", 0, "gone", "deeper") == marks.at("steps", 0)


def test_a_mark_at_the_beginning_is_no_part_of_the_text() -> None:
    assert read("\ufeffa: b") == ({"a": "b"}, ())


REFUSED = {
    "a second key": ("a: 1\nb: 2\na: 3", "YAML-009"),
    "an anchor": ("a: &x [1]", "YAML-006"),
    "an alias": ("a: *x", "YAML-006"),
    "a merge": ("<<: {a: 1}", "YAML-011"),
    "a merge key bomb": ("a0: &a0 {k: 1}\n" + "".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}\n" for n in range(1, 9)), "YAML-006"),
    "billion laughs": ("a: &a [l, l]\n" + "".join(f"b{n}: &b{n} [{', '.join(['*a'] * 9)}]\n" for n in range(9)), "YAML-006"),
    "a circle": ("&a [*a]", "YAML-006"),
    "a Python tag": ("!!python/object/apply:os.system [ls]", "YAML-007"),
    "a tag": ("a: !!int 3", "YAML-007"),
    "binary": ("a: !!binary aGVsbG8=", "YAML-007"),
    "NUL": (b"a: b\x00c", "YAML-013"),
    "turned reading direction": ("a: b\u202ec", "YAML-013"),
    "invalid UTF-8": (b"a: caf\xe9", "YAML-012"),
    "UTF-16": ("a: b".encode("utf-16"), "YAML-012"),
    "a tab": ("a:\n\tb: c", "YAML-014"),
    "two documents": ("a: 1\n---\nb: 2", "YAML-008"),
    "a list as a key": ("? [a, b]\n: c", "YAML-010"),
    "a mapping as a key": ("{{a: b}: c}", "YAML-010"),
    "an unfinished list": ("a: [1, 2", "YAML-001"),
    "two colons": ("a: b: c", "YAML-001"),
    "nothing": ("", "YAML-015"),
    "only a comment": ("# hello", "YAML-015"),
    "only null": ("null", "YAML-015"),
    "deep lists": ("[" * (DEPTH + 2) + "]" * (DEPTH + 2), "YAML-003"),
    "200 kB of brackets": ("[" * 200_000, "YAML-003"),
    "200 kB of braces": ("{a: " * 50_000, "YAML-003"),
    "200 kB of steps down": ("- " * 100_000, "YAML-003"),
    "many values": ("[" + "a," * (NODES + 1) + "]", "YAML-004"),
    "a long text": ("a: " + "b" * (SCALAR + 1), "YAML-005"),
    "a large file": ("#" * (BYTES + 1), "YAML-002"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_with_a_letter(name: str) -> None:
    source, code = REFUSED[name]
    value, problems = read(source)
    assert value is None
    assert code in problems


HARMLESS = {
    "many colons": ": " * 200_000,
    "open quotes": '"' + "a" * 900_000,
    "long keys": "a: " * 200_000,
    "a staircase": "\n".join(" " * n + "a:" for n in range(1000)),
    "question marks": "? " * 200_000,
    "many directives": "%X y\n" * 100_000 + "--- a",
    "block text": "a: |\n" + "  x\n" * 200_000,
    "flow keys": "{" + ",".join('"a"' for _ in range(100_000)) + "}",
    "comments": "#\n" * 400_000,
}


@pytest.mark.parametrize("name", [*REFUSED, *HARMLESS])
def test_hostile_files_cost_less_than_a_second_and_100_megabytes(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # In a process of its own: the stock reader dies of some of these, and so would the test run.
    source = REFUSED[name][0] if name in REFUSED else HARMLESS[name]
    path = tmp_path_factory.mktemp("hostile") / "x.yaml"
    path.write_bytes(source if isinstance(source, bytes) else source.encode())
    program = textwrap.dedent("""
        import resource, sys, time
        from content.guarded_yaml import read_yaml
        from content.problems import Report, render
        import rapidfuzz
        source = open(sys.argv[1], "rb").read()
        used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + 100_000_000, used + 100_000_000))
        started = time.process_time()
        report = Report()
        read_yaml(source, "x.yaml", report)
        render(report.problems)
        assert time.process_time() - started < 1, time.process_time() - started
        print("calm")
    """)
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, timeout=20
    )
    assert done.stdout == "calm\n", done.stderr


@settings(max_examples=300, deadline=1000)
@given(
    st.one_of(
        st.binary(max_size=300), st.text("[]{}:,-?&*!|>'\"%@`#~ \n\tabc<=", max_size=200).map(str.encode)
    )
)
def test_no_bytes_make_it_raise(source: bytes) -> None:
    report = Report()
    assert (read_yaml(source, "x.yaml", report) is None) == bool(report.errors)
