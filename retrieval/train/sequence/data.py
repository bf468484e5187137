"""Sequences of items by user, read from text, and their leave-one-out split."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import CallerError

Indices = NDArray[np.int64]

# A user is measured on the last item, tuned on the one before it; one is left to start from.
LEAST_MEASURED = 3
# Columns of an items file that say something about an item; where none of them is there, all
# columns but the first count.
TEXT_COLUMNS = (
    "title",
    "name",
    "brand",
    "category",
    "categories",
    "keywords",
    "attributes",
    "text",
    "description",
)


@dataclass(frozen=True)
class Sequences:
    """Time-ordered items of every user, as indices into `items`.

    `digest` is the SHA-256 of the file they come from.
    """

    users: tuple[str, ...]
    items: tuple[str, ...]
    histories: tuple[Indices, ...]
    digest: str

    @property
    def events(self) -> int:
        """How many items all users have together."""
        return sum(len(history) for history in self.histories)


@dataclass(frozen=True)
class Split:
    """Leave-one-out: what to train on, and two questions of each user with three items or more.

    `train` has every user's items but the last two (all items of shorter histories). The
    validation question of row `u` is `train` → `validation[u]`, the test question that history
    and the validation item → `test[u]`; `measured` are the indices of those users.
    """

    train: tuple[Indices, ...]
    measured: Indices
    validation: Indices
    test: Indices

    def validation_histories(self) -> list[Indices]:
        """What the validation questions start from."""
        return [self.train[user] for user in self.measured]

    def test_histories(self) -> list[Indices]:
        """What the test questions start from."""
        return [
            np.append(self.train[user], self.validation[row])
            for row, user in enumerate(self.measured)
        ]


def read_sequences(
    path: Path, *, limit: int | None = None, catalogue: Sequence[str] = ()
) -> Sequences:
    """Read lines "user item item ..." (oldest first, any white space between).

    `limit` keeps the first users only; `catalogue` names items that nobody may have met yet.
    Raises CallerError with the number of the line that is wrong.
    """
    data = _read_bytes(path, "--sequences")
    index: dict[str, int] = {item: number for number, item in enumerate(catalogue)}
    users: dict[str, Indices] = {}
    for user, items in _parse_lines(path, data):
        if user in users:
            raise CallerError(
                f"{path.name}: the user {user!r} has two lines.",
                remedy="Give each user one line, oldest item first.",
            )
        users[user] = np.array([index.setdefault(i, len(index)) for i in items], np.int64)
        if limit is not None and len(users) >= limit:
            break
    if not any(len(history) >= LEAST_MEASURED for history in users.values()):
        raise CallerError(
            f"{path.name}: no user has {LEAST_MEASURED} items.",
            remedy="Write lines of the form: user item item item, separated by spaces.",
        )
    return Sequences(
        tuple(users), tuple(index), tuple(users.values()), hashlib.sha256(data).hexdigest()
    )


def _parse_lines(path: Path, data: bytes) -> Iterator[tuple[str, list[str]]]:
    for number, line in enumerate(_decode(path, data).splitlines(), start=1):
        user, *items = line.split() or [""]
        if not user:
            continue
        if not items:
            raise CallerError(
                f"{path.name}, line {number}: the user {user[:40]!r} has no item.",
                remedy="Write lines of the form: user item item item, separated by spaces.",
            )
        yield user, items


def read_texts(path: Path) -> dict[str, str]:
    """Item → what it says, from a tab-separated file whose first line names the columns.

    The first column is the item. Raises CallerError with the number of the line that is wrong.
    """
    lines = _decode(path, _read_bytes(path, "--items")).splitlines()
    header = [name.strip().lower() for name in lines[0].split("\t")] if lines else []
    if len(header) < 2:
        raise CallerError(
            f"{path.name}, line 1: no column names, separated by tabs.",
            remedy="Write a first line such as: item<TAB>title.",
        )
    columns = [n for n, name in enumerate(header) if n and name in TEXT_COLUMNS]
    columns = columns or list(range(1, len(header)))
    texts: dict[str, str] = {}
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        cells = line.split("\t")
        if len(cells) != len(header):
            raise CallerError(
                f"{path.name}, line {number}: {len(cells)} columns, the first line "
                f"names {len(header)}.",
                remedy="Tabs inside a text have to become spaces.",
            )
        texts[cells[0].strip()] = " ".join(cells[n].strip() for n in columns).strip()
    return texts


def texts_of(items: Sequence[str], texts: Mapping[str, str]) -> list[str]:
    """The items' texts in the order of `items`; raises CallerError when none is known."""
    found = [texts.get(item, "") for item in items]
    if not any(found):
        raise CallerError(
            "The items file names none of the items of the sequences.",
            remedy="Its first column must hold the same item names.",
        )
    return found


def _read_bytes(path: Path, option: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CallerError(
            f"{path} cannot be read: {error.strerror or error}.", remedy=f"Check {option}."
        ) from None


def _decode(path: Path, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CallerError(
            f"{path.name}, line {line}: not UTF-8.", remedy="Save the file as UTF-8."
        ) from None


def leave_one_out(sequences: Sequences) -> Split:
    """The last item is the test, the one before it the validation (Kang & McAuley, ICDM 2018)."""
    histories = sequences.histories
    measured = [u for u, history in enumerate(histories) if len(history) >= LEAST_MEASURED]
    return Split(
        train=tuple(h[:-2] if len(h) >= LEAST_MEASURED else h for h in histories),
        measured=np.array(measured, np.int64),
        validation=np.array([histories[u][-2] for u in measured], np.int64),
        test=np.array([histories[u][-1] for u in measured], np.int64),
    )


def count_items(histories: Sequence[Indices], items: int) -> NDArray[np.int64]:
    """How often each item occurs, shape (items,)."""
    flat = np.concatenate(histories) if len(histories) else np.zeros(0, np.int64)
    return np.bincount(flat, minlength=items).astype(np.int64)


def repeats(histories: Sequence[Indices]) -> bool:
    """Whether anybody comes back to an item; where nobody does, what was had is not offered."""
    return any(len(np.unique(history)) < len(history) for history in histories)
