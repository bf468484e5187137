"""The training loop: AdamW, averaged weights, early stopping, checkpoints, several processes."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from retrieval.errors import CallerError
from retrieval.recommend.network import NextItemNetwork, pack
from retrieval.train.processes import device, rank, world
from retrieval.train.sequence.batches import Batch, Window, cut_windows, draw_batches, make_batch
from retrieval.train.sequence.data import Indices, Sequences, Split, repeats
from retrieval.train.sequence.loss import full_softmax_loss, sampled_softmax_loss
from retrieval.train.sequence.measures import Measures, measure_ranks, rank_targets
from retrieval.train.sequence.neighbours import cooccurrence_vectors
from retrieval.train.sequence.settings import TrainingSettings, shape_of
from retrieval.types import ProgressListener, Vectors

# Up to here the full softmax is faster than drawing negatives (a step then costs what 20,000
# negatives would).
FULL_SOFTMAX_ITEMS = 50_000
# Seen on Amazon Beauty: the validation still improves a little at the last of them.
EPOCHS = 24
# Inputs times scored items of all epochs: about half an hour on two cores. Where there is more data
# than that, it is seen less often.
MOST_WORK = 4e11
# What a step costs beside the softmax, as if there were so many more items.
WORK_BESIDE = 12_000
# Gradients of rare bursts are cut to this norm.
CLIP = 5.0
# Users asked for early stopping; more change the measure by less than the seeds do.
WATCHED = 10_000
# Length of the vectors a warm start begins with: their products with normed states (of length
# √dimensions) then spread as logits of a half-trained network do.
WARM_NORM = 0.6


@dataclass
class Trained:
    """A fitted network (with its averaged weights) and its validation measures by epoch."""

    network: NextItemNetwork
    epochs: list[Measures]
    best_epoch: int
    seconds: float


class Trainer:
    """Trains one network on a split; `checkpoint` lets a killed run go on where it was."""

    def __init__(
        self,
        settings: TrainingSettings,
        sequences: Sequences,
        split: Split,
        *,
        texts: Vectors | None = None,
        checkpoint: Path | None = None,
    ) -> None:
        self.settings = settings
        self.split = split
        self.checkpoint = checkpoint
        self.identity = {
            "data": sequences.digest,
            "settings": settings.model_dump(exclude={"patience", "threads"}),
            "users": len(sequences.users),
            "texts": texts is not None,
        }
        self.exclude_seen = not repeats(split.train)
        # Files are often sorted (by first purchase, say): the first users are not like the rest.
        self.watched = np.random.default_rng(settings.seed).permutation(len(split.measured))[
            :WATCHED
        ]
        self.windows: list[Window] = cut_windows(split.train, settings.length)
        if not self.windows:
            raise CallerError(
                "No user has two items before the last two: there is nothing to learn from.",
                remedy="Train on longer sequences.",
            )
        self.epochs = settings.epochs or _affordable(self.windows, len(sequences.items))
        torch.manual_seed(settings.seed)
        dimensions = texts.shape[1] if texts is not None else 0
        shape = shape_of(settings, len(sequences.items), dimensions)
        given = torch.from_numpy(texts) if texts is not None else None
        self.network = NextItemNetwork(shape, given)
        if settings.warm_start:
            self._start_warm(len(sequences.items))
        self.network.to(device())
        self.average = {k: v.clone() for k, v in self.network.state_dict().items()}
        self.optimizer = torch.optim.AdamW(
            _parameter_groups(self.network, settings.weight_decay), lr=settings.learning_rate
        )
        self.epoch = self.step = 0
        self.measures: list[Measures] = []
        self.best: dict[str, Tensor] = {}
        self.best_epoch = -1
        self.seconds = 0.0

    def _start_warm(self, items: int) -> None:
        """Begin with the item vectors of a factorised co-occurrence: epochs are saved."""
        vectors = cooccurrence_vectors(
            self.split.train, items, self.settings.dimensions, self.settings.seed
        )
        known = np.linalg.norm(vectors, axis=1) > 0
        scale = WARM_NORM / max(float(np.linalg.norm(vectors[known], axis=1).mean()), 1e-9)
        with torch.no_grad():
            self.network.ids.weight += torch.from_numpy(vectors * scale)

    def fit(self, listener: ProgressListener) -> Trained:
        """Train until the validation stops improving, or the epochs are over."""
        if self.settings.threads:
            torch.set_num_threads(self.settings.threads)
        if self.checkpoint and self.checkpoint.is_file():
            self._resume(self.checkpoint)
        model: nn.Module = _Loss(self.network, self.settings)
        if distributed.is_initialized():
            model = DistributedDataParallel(model)
        while self.epoch < self.epochs and not self._finished():
            began = time.monotonic()
            self._train_epoch(model, listener)
            self._validate(listener)
            self.seconds += time.monotonic() - began
            if self.checkpoint and rank() == 0:
                self._save(self.checkpoint)
        self.network.load_state_dict(self.best)
        self.network.eval()
        return Trained(self.network, self.measures, self.best_epoch, self.seconds)

    def _finished(self) -> bool:
        return self.epoch - 1 - self.best_epoch >= self.settings.patience and self.epoch > 0

    def _train_epoch(self, model: nn.Module, listener: ProgressListener) -> None:
        self.network.train()
        generator = np.random.default_rng((self.settings.seed, self.epoch))
        batches = draw_batches(self.windows, self.settings.batch_tokens, generator)
        note = f"epoch {self.epoch + 1}"
        for done, members in enumerate(batches, start=1):
            # Seeded by the step, so that a resumed run draws what the first one would have.
            torch.manual_seed(self.settings.seed * 1_000_003 + self.step + rank() * 7_919)
            self._step(model, self._batch(members, generator), len(batches))
            listener(done, len(batches), note)
        self.epoch += 1

    def _batch(self, members: Indices, generator: np.random.Generator) -> Batch:
        # Every process draws the same batch and takes its share.
        share = members[rank() :: world()] if len(members) >= world() else members
        return make_batch(
            [self.windows[n] for n in share],
            horizon=self.settings.horizon,
            decay=self.settings.horizon_decay,
            drop=self.settings.item_dropout,
            generator=np.random.default_rng((*generator.integers(1 << 30, size=2), rank())),
        )

    def _step(self, model: nn.Module, batch: Batch, steps_an_epoch: int) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = self._rate(steps_an_epoch)
        self.optimizer.zero_grad(set_to_none=True)
        total, count = model(batch)
        count = count.to(total.device, torch.float32)
        if distributed.is_initialized():
            # The mean over all tokens of all processes, whose gradients are averaged.
            distributed.all_reduce(count)
            count /= world()
        (total / count.clamp(min=1)).backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), CLIP)
        self.optimizer.step()
        self.step += 1
        self._update_average()

    def _rate(self, steps_an_epoch: int) -> float:
        """Linear warm-up, then a cosine to a tenth at the last epoch."""
        settings = self.settings
        warm = min((self.step + 1) / max(settings.warmup_steps, 1), 1.0)
        done = min(self.step / (self.epochs * steps_an_epoch), 1.0)
        return settings.learning_rate * warm * (0.55 + 0.45 * math.cos(math.pi * done))

    @torch.no_grad()
    def _update_average(self) -> None:
        # Young averages follow quickly, or the start would weigh for epochs.
        keep = min(self.settings.average, self.step / (self.step + 10))
        for name, value in self.network.named_parameters():
            self.average[name].lerp_(value, 1 - keep)

    def _validate(self, listener: ProgressListener) -> None:
        current = {k: v.clone() for k, v in self.network.state_dict().items()}
        self.network.load_state_dict(self.average)
        self.network.eval()
        ranks = rank_targets(
            NetworkScorer(self.network),
            [self.split.train[user] for user in self.split.measured[self.watched]],
            self.split.validation[self.watched],
            exclude_seen=self.exclude_seen,
        )
        measures = measure_ranks(ranks)
        self.network.load_state_dict(current)
        if all(measures.ndcg > earlier.ndcg for earlier in self.measures) or not self.best:
            self.best = {k: v.clone() for k, v in self.average.items()}
            self.best_epoch = self.epoch - 1
        self.measures.append(measures)
        note = f"epoch {self.epoch}: HR@10 {measures.hr:.4f} NDCG@10 {measures.ndcg:.4f}"
        listener(self.epoch, self.epochs, note)

    def _save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        state = {
            "identity": self.identity,
            "network": self.network.state_dict(),
            "average": self.average,
            "best": self.best,
            "optimizer": self.optimizer.state_dict(),
            "epoch": self.epoch,
            "step": self.step,
            "best_epoch": self.best_epoch,
            "measures": [m.model_dump() for m in self.measures],
            "seconds": self.seconds,
        }
        torch.save(state, temporary)
        temporary.replace(path)

    def _resume(self, path: Path) -> None:
        try:
            state: dict[str, Any] = torch.load(path, weights_only=True, map_location=device())
        except (OSError, RuntimeError, ValueError, EOFError, KeyError) as error:
            raise CallerError(
                f"The checkpoint {path} is damaged ({str(error).splitlines()[0][:80]}).",
                remedy="Remove the file to start anew.",
            ) from None
        if state["identity"] != self.identity:
            raise CallerError(
                f"The checkpoint {path} is of other data or settings.",
                remedy="Remove the file to start anew, or give the settings it was begun with.",
            )
        self.network.load_state_dict(state["network"])
        self.average, self.best = state["average"], state["best"]
        self.optimizer.load_state_dict(state["optimizer"])
        self.epoch, self.step = state["epoch"], state["step"]
        self.best_epoch, self.seconds = state["best_epoch"], state["seconds"]
        self.measures = [Measures(**m) for m in state["measures"]]


class _Loss(nn.Module):
    """The network with its loss as output, so that gradients of several processes meet."""

    def __init__(self, network: NextItemNetwork, settings: TrainingSettings) -> None:
        super().__init__()
        self.network = network
        self.smooth = settings.label_smoothing
        items = network.shape.items
        self.negatives = settings.negatives or (
            0 if items <= FULL_SOFTMAX_ITEMS else FULL_SOFTMAX_ITEMS // 4
        )

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Sum of losses and how many tokens count."""
        place = self.network.ids.weight.device
        vectors = self.network.item_vectors()
        states = self.network.states(batch.packed.to(place), vectors)
        counted = batch.weights.sum(dim=1) > 0
        states, outputs = states[counted.to(place)], self.network.targets(vectors)
        targets = batch.targets[counted].to(place)
        weights = batch.weights[counted].to(place)
        if self.negatives:
            drawn = torch.randint(len(vectors), (self.negatives,), device=place)
            loss = sampled_softmax_loss(states, outputs, targets, weights, drawn, self.smooth)
        else:
            loss = full_softmax_loss(states, outputs, targets, weights, self.smooth)
        return loss, counted.sum()


class NetworkScorer:
    """Scores every item for histories, by the network's state and the items' vectors."""

    def __init__(self, network: NextItemNetwork) -> None:
        self.network = network
        with torch.no_grad():
            self.vectors = network.targets(network.item_vectors())

    @torch.no_grad()
    def __call__(self, histories: Sequence[Indices]) -> Vectors:
        """Scores of shape (histories, items)."""
        length = self.network.shape.length
        packed = pack([history[-length:] for history in histories]).to(self.vectors.device)
        scores: Vectors = (self.network.last_states(packed) @ self.vectors.T).cpu().numpy()
        return scores


def _affordable(windows: Sequence[Window], items: int) -> int:
    """How often the data is seen, by its size alone, so that every machine does the same."""
    inputs = sum(len(window.items) - 1 for window in windows)
    work = inputs * (min(items, FULL_SOFTMAX_ITEMS) + WORK_BESIDE)
    return int(np.clip(MOST_WORK // work, 1, EPOCHS))


def _parameter_groups(network: nn.Module, decay: float) -> list[dict[str, Any]]:
    """Matrices decay; biases, norms and position tables don't."""
    matrices = [p for p in network.parameters() if p.dim() > 1]
    others = [p for p in network.parameters() if p.dim() <= 1]
    return [{"params": matrices, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]
