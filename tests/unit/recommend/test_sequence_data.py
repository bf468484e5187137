"""Reading sequences and splitting them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from retrieval.errors import CallerError
from retrieval.train.sequence.batches import cut_windows, draw_batches, make_batch
from retrieval.train.sequence.data import leave_one_out, read_sequences, read_texts, texts_of
from retrieval.train.sequence.measures import measure_ranks, rank_targets


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_last_item_is_the_test_and_the_one_before_the_validation(tmp_path: Path) -> None:
    sequences = read_sequences(write(tmp_path / "s.txt", "a 1 2 3 4\n\nb 4\t9\nc 9 1 2\n"))
    split = leave_one_out(sequences)
    names = sequences.items
    assert sequences.users == ("a", "b", "c")
    assert split.measured.tolist() == [0, 2]
    assert [names[n] for n in split.validation] == ["3", "1"]
    assert [names[n] for n in split.test] == ["4", "2"]
    assert [[names[n] for n in h] for h in split.train] == [["1", "2"], ["4", "9"], ["9"]]
    assert [[names[n] for n in h] for h in split.test_histories()] == [["1", "2", "3"], ["9", "1"]]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"a 1 2 3\nb\n", "line 2"),
        (b"a 1 2 3\na 4 5 6\n", "two lines"),
        (b"a,1,2,3 x\nb,1,2,3 y\n", "no user has 3 items"),
        (b"a 1 2 3\nb 1 2 \xff\n", "line 2: not UTF-8"),
        (b"", "no user has 3 items"),
    ],
)
def test_a_wrong_line_is_told_by_its_number(tmp_path: Path, text: bytes, says: str) -> None:
    with pytest.raises(CallerError, match=says):
        read_sequences(write(tmp_path / "s.txt", text))


def test_a_missing_file_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(CallerError, match="cannot be read: No such file"):
        read_sequences(tmp_path / "none.txt")


def test_limit_keeps_the_first_users(tmp_path: Path) -> None:
    file = write(tmp_path / "s.txt", "a 1 2 3\nb 4 5 6\nbad\n")
    assert read_sequences(file, limit=2).users == ("a", "b")


def test_items_are_said_by_their_text_columns(tmp_path: Path) -> None:
    file = write(tmp_path / "i.tsv", "item\tasin\tkeywords\n1\tB00\tred lacquer\n2\tB01\tcomb\n")
    texts = read_texts(file)
    assert texts == {"1": "red lacquer", "2": "comb"}
    assert texts_of(["2", "7"], texts) == ["comb", ""]
    with pytest.raises(CallerError, match="names none of the items"):
        texts_of(["x"], texts)


@pytest.mark.parametrize(
    ("text", "says"), [("item\n1\n", "line 1"), ("item\ttitle\n1\ta\tb\n", "line 2: 3 columns")]
)
def test_a_wrong_items_file_is_told(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(CallerError, match=says):
        read_texts(write(tmp_path / "i.tsv", text))


def test_ranks_leave_out_the_history_and_count_ties_against() -> None:
    scores = np.array([[5.0, 4.0, 3.0, 3.0], [1.0, 1.0, 1.0, 1.0]], np.float32)
    histories = [np.array([0]), np.array([0])]
    targets = np.array([2, 1])
    left_out = rank_targets(lambda _: scores.copy(), histories, targets, exclude_seen=True)
    assert left_out.tolist() == [2, 2]
    ranked = rank_targets(lambda _: scores.copy(), histories, targets, exclude_seen=False)
    assert ranked.tolist() == [3, 3]


def test_measures_of_known_ranks() -> None:
    measures = measure_ranks(np.array([0, 2, 10]))
    assert measures.hr == pytest.approx(2 / 3)
    assert measures.ndcg == pytest.approx((1 + 0.5) / 3)


def test_every_item_but_the_first_is_a_target_once() -> None:
    histories = [np.arange(n) for n in (1, 2, 7, 8, 9, 30)]
    windows = cut_windows(histories, 8)
    targets = [t for w in windows for t in w.items[1 + w.fresh :]]
    assert sorted(targets) == sorted(t for h in histories for t in h[1:])
    assert max(len(w.items) for w in windows) <= 9


def test_batches_hold_each_window_once_and_pad_nothing() -> None:
    generator = np.random.default_rng(0)
    windows = cut_windows([np.arange(n % 9 + 2) for n in range(50)], 8)
    batches = draw_batches(windows, 40, generator)
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(windows)))
    members = [windows[n] for n in batches[0]]
    batch = make_batch(members, horizon=2, decay=0.5, drop=0.0, generator=generator)
    assert len(batch.packed.items) == sum(len(w.items) - 1 for w in members)
    assert batch.weights.sum(dim=1).allclose(batch.weights.new_ones(len(batch.weights)))
