"""A pack as a zip: what is not to be trusted is refused with a sentence."""

from __future__ import annotations

import io
import stat
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.archives import MOST_BYTES, MOST_FILES, read_archive
from content.guarded_yaml import BYTES
from content.problems import Report


def zipped(files: dict[str, bytes], links: tuple[str, ...] = ()) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, source in files.items():
            entry = zipfile.ZipInfo(path)
            entry.compress_type = zipfile.ZIP_DEFLATED
            if path in links:
                entry.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(entry, source)
    return out.getvalue()


def codes(source: bytes) -> tuple[str, ...]:
    report = Report()
    assert read_archive(source, "pack.zip", report) is None
    return report.codes()


def test_a_folder_around_the_pack_is_left_away() -> None:
    source = zipped({"cl/pack.yaml": b"pack: cl", "cl/po/es-CL.po": b"", "cl/README.txt": b"no part of it"})
    assert read_archive(source, "cl.zip", Report()) == {"pack.yaml": b"pack: cl", "po/es-CL.po": b""}


@pytest.mark.parametrize(
    ("path", "code"),
    [("../pack.yaml", "ZIP-004"), ("/etc/pack.yaml", "ZIP-004"), ("a/../../pack.yaml", "ZIP-004"),
     ("C:\\pack.yaml", "ZIP-004"), ("..\\pack.yaml", "ZIP-004")],
)  # fmt: skip
def test_a_path_out_of_the_folder_is_refused(path: str, code: str) -> None:
    assert codes(zipped({path: b"pack: cl"})) == (code,)


def test_a_link_is_refused() -> None:
    assert codes(zipped({"pack.yaml": b"/etc/passwd"}, links=("pack.yaml",))) == ("ZIP-005",)


def test_too_many_files_are_refused() -> None:
    assert codes(zipped({f"flows/f{n}.yaml": b"" for n in range(MOST_FILES + 1)})) == ("ZIP-002",)


def test_a_small_zip_that_fills_a_disk_is_refused() -> None:
    source = zipped({"pack.yaml": b"\0" * (MOST_BYTES + 1)})
    assert len(source) < 20_000
    assert codes(source) == ("ZIP-003",)


def test_of_a_file_that_is_larger_than_it_says_only_what_is_needed_is_read() -> None:
    found = read_archive(zipped({"pack.yaml": b" " * (2 * BYTES)}), "cl.zip", Report())
    assert found is not None
    assert len(found["pack.yaml"]) == BYTES + 1


@settings(max_examples=150, deadline=1000)
@given(
    st.one_of(
        st.binary(max_size=200), st.integers(0, 400).map(lambda cut: zipped({"pack.yaml": b"pack: cl"})[:cut])
    )
)
def test_no_file_makes_reading_raise(source: bytes) -> None:
    report = Report()
    found = read_archive(source, "pack.zip", report)
    assert (found is None) == (not report.ok)
