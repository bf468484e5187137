"""The next-item model learns, goes on where it was killed, and keeps what it knows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from support.shopping import write_sequences

from retrieval.errors import CallerError, TerminalError
from retrieval.recommend.network import NetworkShape, NextItemNetwork, pack
from retrieval.recommend.sequence import NETWORK, history_matrix, load_sequence_model
from retrieval.train.sequence import loss as losses
from retrieval.train.sequence.data import leave_one_out, read_sequences
from retrieval.train.sequence.fit import Trainer
from retrieval.train.sequence.measures import measure_ranks, rank_targets
from retrieval.train.sequence.neighbours import fit_ease, fit_transitions, popularity
from retrieval.train.sequence.settings import TrainingSettings
from retrieval.train.sequence.train import train_sequence_model

SMALL = TrainingSettings(
    dimensions=32, epochs=6, patience=6, batch_tokens=200, warmup_steps=5, average=0.9, threads=1
)


def quiet(done: int, total: int | None, note: str = "") -> None:
    """A listener that says nothing."""


def test_the_model_beats_popularity_where_order_tells_the_next_item(tmp_path: Path) -> None:
    sequences = read_sequences(write_sequences(tmp_path / "s.txt"))
    trained = train_sequence_model(sequences, SMALL, quiet)
    assert trained is not None
    model, report = trained
    split = leave_one_out(sequences)
    counts = popularity(split.train, len(sequences.items))
    ranks = rank_targets(
        lambda histories: np.tile(counts, (len(histories), 1)),
        split.test_histories(),
        split.test,
        exclude_seen=True,
    )
    assert report.test.ndcg > 2 * measure_ranks(ranks).ndcg
    assert report.test.ndcg > 0.6
    # i3 → i4 → i5: the model says what follows, and never what was had.
    names = [r.item for r in model.recommend(["i13", "i14"], 3)]
    assert names[0] == "i15"
    assert not {"i13", "i14"} & set(names)


def test_a_kept_model_recommends_the_same(tmp_path: Path) -> None:
    sequences = read_sequences(write_sequences(tmp_path / "s.txt", users=120))
    texts = np.random.default_rng(0).normal(size=(len(sequences.items), 8)).astype(np.float32)
    settings = SMALL.model_copy(update={"epochs": 1})
    trained = train_sequence_model(sequences, settings, quiet, texts=texts)
    assert trained is not None
    model, _ = trained
    model.save(tmp_path / "model")
    again = load_sequence_model(tmp_path / "model")
    assert again.recommend(["i3", "i4"], 5) == model.recommend(["i3", "i4"], 5)
    assert again.recommend([], 5) == again.recommend(["unknown"], 5)
    assert again.recommend(["i3"], 1, exclude=[again.recommend(["i3"], 1)[0].item]) != (
        again.recommend(["i3"], 1)
    )
    state = again.user_vector(["i3", "i4"])
    assert state is not None
    assert again.user_vector(["unknown"]) is None
    logits = again.item_vectors() @ state
    shares = again.signal("transformer", [again.known(["i3", "i4"])])[0]
    assert np.argsort(-logits)[:5].tolist() == np.argsort(-shares)[:5].tolist()
    (tmp_path / "model" / NETWORK).write_bytes(b"broken")
    with pytest.raises(TerminalError, match="no whole next-item model"):
        load_sequence_model(tmp_path / "model")


class Killed(Exception):
    """Stands for the signal that ends the process."""


def test_a_killed_run_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    sequences = read_sequences(write_sequences(tmp_path / "s.txt", users=100))
    split = leave_one_out(sequences)
    settings = SMALL.model_copy(update={"epochs": 4, "patience": 9})
    whole = Trainer(settings, sequences, split).fit(quiet)
    kept = tmp_path / "run.checkpoint"

    def kill(done: int, total: int | None, note: str = "") -> None:
        if note == "epoch 3" and done == 2:
            raise Killed

    with pytest.raises(Killed):
        Trainer(settings, sequences, split, checkpoint=kept).fit(kill)
    resumed = Trainer(settings, sequences, split, checkpoint=kept).fit(quiet)
    assert resumed.epochs == whole.epochs
    for name, value in whole.network.state_dict().items():
        assert torch.equal(resumed.network.state_dict()[name], value), name


def test_a_checkpoint_of_other_settings_is_refused(tmp_path: Path) -> None:
    sequences = read_sequences(write_sequences(tmp_path / "s.txt", users=60))
    split, kept = leave_one_out(sequences), tmp_path / "run.checkpoint"
    settings = SMALL.model_copy(update={"epochs": 1})
    Trainer(settings, sequences, split, checkpoint=kept).fit(quiet)
    other = settings.model_copy(update={"learning_rate": 0.5})
    with pytest.raises(CallerError, match="other data or settings"):
        Trainer(other, sequences, split, checkpoint=kept).fit(quiet)
    kept.write_bytes(kept.read_bytes()[:100])
    with pytest.raises(CallerError, match="damaged"):
        Trainer(settings, sequences, split, checkpoint=kept).fit(quiet)


def test_packed_states_equal_those_of_each_sequence_alone() -> None:
    torch.manual_seed(0)
    network = NextItemNetwork(NetworkShape(items=30, dimensions=16, heads=2, length=9)).eval()
    sequences = [np.array(s) for s in ([4, 5, 6, 7], [1], [9, 8, 7, 6], [3, 2])]
    with torch.no_grad():
        together = network.last_states(pack(sequences))
        alone = torch.cat([network.last_states(pack([s])) for s in sequences])
    assert torch.allclose(together, alone, atol=1e-5)


def test_a_state_does_not_see_the_future() -> None:
    torch.manual_seed(0)
    network = NextItemNetwork(NetworkShape(items=30, dimensions=16, heads=2, length=9)).eval()
    with torch.no_grad():
        vectors = network.item_vectors()
        one = network.states(pack([np.array([1, 2, 3, 4])]), vectors)
        other = network.states(pack([np.array([1, 2, 9, 9])]), vectors)
    assert torch.allclose(one[:2], other[:2], atol=1e-6)
    assert not torch.allclose(one[2:], other[2:], atol=1e-3)


def test_the_loss_and_its_gradients_are_those_of_the_full_softmax(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(losses, "product_type", lambda _: torch.float32)
    monkeypatch.setattr(losses, "LOGITS_AT_ONCE", 7 * 50)
    torch.manual_seed(0)
    states = torch.randn(40, 16, requires_grad=True)
    vectors = torch.randn(50, 16, requires_grad=True)
    targets = torch.randint(50, (40, 2))
    weights = torch.tensor([[0.7, 0.3]]).repeat(40, 1)
    ours = losses.full_softmax_loss(states, vectors, targets, weights, 0.1)
    logs = (states @ vectors.T).log_softmax(dim=1)
    theirs = -(0.9 * (weights * logs.gather(1, targets)).sum() + 0.1 * logs.mean(dim=1).sum())
    assert torch.allclose(ours, theirs, rtol=1e-4)
    for mine, reference in zip(
        torch.autograd.grad(ours, (states, vectors)),
        torch.autograd.grad(theirs, (states, vectors)),
        strict=True,
    ):
        assert torch.allclose(mine, reference, atol=1e-4)


def test_the_sampled_softmax_over_all_items_is_the_full_one() -> None:
    torch.manual_seed(0)
    states, vectors = torch.randn(20, 8), torch.randn(30, 8)
    targets, weights = torch.randint(30, (20, 1)), torch.ones(20, 1)
    sampled = losses.sampled_softmax_loss(states, vectors, targets, weights, torch.arange(30))
    full = -(states @ vectors.T).log_softmax(dim=1).gather(1, targets).sum()
    assert torch.allclose(sampled, full, rtol=1e-4)


def test_ease_is_its_closed_form() -> None:
    generator = np.random.default_rng(0)
    histories = [generator.choice(40, 6, replace=False) for _ in range(200)]
    matrix = np.zeros((200, 40))
    for row, history in enumerate(histories):
        matrix[row, history] = 1
    inverse = np.linalg.inv(matrix.T @ matrix + 100 * np.eye(40))
    expected = -inverse / np.diag(inverse)[None, :]
    np.fill_diagonal(expected, 0)
    assert np.allclose(fit_ease(history_matrix(histories, 40)).toarray(), expected, atol=1e-5)


def test_transitions_are_ridge_regression_of_the_future_on_the_past() -> None:
    generator = np.random.default_rng(0)
    histories = [generator.choice(30, int(generator.integers(1, 8)), False) for _ in range(100)]
    past, future = np.zeros((0, 30)), np.zeros((0, 30))
    for history in histories:
        for place in range(1, len(history)):
            before, after = np.zeros(30), np.zeros(30)
            for other, item in enumerate(history):
                if other < place:
                    before[item] = 0.7 ** (place - 1 - other)
                else:
                    after[item] = 0.6 ** (other - place)
            past, future = np.vstack([past, before]), np.vstack([future, after])
    expected = np.linalg.solve(past.T @ past + 5.0 * np.eye(30), past.T @ future)
    found = fit_transitions(histories, 30, ridge=5.0)
    assert np.allclose(found.toarray(), expected, atol=1e-5)
