"""Serves a trained next-item model: history in, scored items out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field, ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file
from scipy.sparse import csr_array

from retrieval.errors import TerminalError
from retrieval.recommend.network import NetworkShape, NextItemNetwork, pack
from retrieval.types import Frozen, Vectors

NETWORK = "network.safetensors"
TABLES = "tables.safetensors"
CONFIG = "config.json"
# Smallest share that a logarithm is taken of: what never occurred is not impossible.
FLOOR = 1e-4


class NextItemModel(Protocol):
    """What recommendations need of a model of what comes next."""

    items: tuple[str, ...]

    def recommend(
        self, history: Sequence[str], k: int, *, exclude: Sequence[str] = ()
    ) -> list[Recommendation]:
        """The k likeliest next items, best first."""
        ...

    def user_vector(self, history: Sequence[str]) -> Vectors | None:
        """A vector whose inner product with `item_vectors` ranks items; None: nothing known."""
        ...

    def item_vectors(self) -> Vectors:
        """One vector for each of `items`, shape (items, dimensions)."""
        ...


class Recommendation(Frozen):
    """One item and its score; scores compare within one answer only."""

    item: str
    score: float


class Blend(Frozen):
    """What each signal counts (chosen on validation), by its name in `SIGNALS`."""

    weights: dict[str, float]
    recency: float = Field(default=0.7, gt=0, le=1)


class ModelConfig(Frozen):
    """What a folder holds besides arrays."""

    shapes: tuple[NetworkShape, ...]
    items: tuple[str, ...]
    blend: Blend
    exclude_seen: bool


SIGNALS = (
    "transformer",
    "transitions",
    "transitions_log",
    "sequence",
    "sequence_log",
    "text",
    "popularity",
)


@dataclass(frozen=True)
class Tables:
    """Item-to-item weights (sparse), what texts say (unit vectors or None), log-counts."""

    transitions: csr_array
    sequence: csr_array
    texts: Vectors | None
    popularity: NDArray[np.float32]


class SequenceModel:
    """A blend of transformer states and item-to-item weights over one catalogue."""

    def __init__(
        self, config: ModelConfig, networks: Sequence[NextItemNetwork], tables: Tables
    ) -> None:
        self.config = config
        self.items = config.items
        self._index = {item: number for number, item in enumerate(config.items)}
        self._networks = [network.eval() for network in networks]
        with torch.no_grad():
            self._targets = [n.targets(n.item_vectors()) for n in self._networks]
        self._tables = tables

    def recommend(
        self, history: Sequence[str], k: int, *, exclude: Sequence[str] = ()
    ) -> list[Recommendation]:
        """The k likeliest next items after `history` (oldest first), best first.

        Unknown items of the history are passed over; without a known one, items are ranked by
        how often they occur. Items of `exclude` are left out, and those of the history too
        where shoppers never came back to an item.
        """
        known = self.known(history)
        scores = self.score([known])[0] if len(known) else self._tables.popularity.copy()
        if self.config.exclude_seen:
            scores[known] = -np.inf
        scores[self.known(exclude)] = -np.inf
        best = np.argsort(-scores, kind="stable")[:k]
        return [
            Recommendation(item=self.items[n], score=float(scores[n]))
            for n in best
            if np.isfinite(scores[n])
        ]

    def known(self, history: Sequence[str]) -> NDArray[np.int64]:
        """Indices of the items of a history that the model has."""
        return np.array([self._index[i] for i in history if i in self._index], np.int64)

    def user_vector(self, history: Sequence[str]) -> Vectors | None:
        """The first network's state after `history`, shape (dimensions,), or None."""
        known = self.known(history)
        if not len(known):
            return None
        state: Vectors = self._states(self._networks[0], [known]).numpy()[0]
        return state

    def item_vectors(self) -> Vectors:
        """Vectors to be indexed for `user_vector`, shape (items, dimensions), inner product."""
        vectors: Vectors = self._targets[0].numpy()
        return vectors

    def score(self, histories: Sequence[NDArray[np.int64]]) -> Vectors:
        """The blend of all signals, shape (histories, items); no history may be empty."""
        total = np.zeros((len(histories), len(self.items)), np.float32)
        for name, weight in self.config.blend.weights.items():
            if weight:
                total += weight * self.signal(name, histories)
        return total

    def signal(self, name: str, histories: Sequence[NDArray[np.int64]]) -> Vectors:
        """One signal of SIGNALS, shape (histories, items)."""
        match name:
            case "transformer":
                return self._log_shares(histories)
            case "transitions" | "sequence":
                return self._weigh(getattr(self._tables, name), histories)
            case "transitions_log" | "sequence_log":
                table = getattr(self._tables, name.removesuffix("_log"))
                return np.log(np.maximum(self._weigh(table, histories), 0) + FLOOR)
            case "text" if self._tables.texts is not None:
                taste = self._recent(histories) @ self._tables.texts
                taste /= np.maximum(np.linalg.norm(taste, axis=1, keepdims=True), 1e-9)
                closeness: Vectors = taste @ self._tables.texts.T
                return closeness
            case "popularity":
                return np.tile(self._tables.popularity, (len(histories), 1))
            case _:
                return np.zeros((len(histories), len(self.items)), np.float32)

    @torch.no_grad()
    def _log_shares(self, histories: Sequence[NDArray[np.int64]]) -> Vectors:
        total = None
        for network, targets in zip(self._networks, self._targets, strict=True):
            logits = self._states(network, histories) @ targets.T
            shares = logits.log_softmax(dim=1)
            total = shares if total is None else total + shares
        assert total is not None
        mean: Vectors = (total / len(self._networks)).numpy()
        return mean

    @torch.no_grad()
    def _states(
        self, network: NextItemNetwork, histories: Sequence[NDArray[np.int64]]
    ) -> torch.Tensor:
        return network.last_states(pack([h[-network.shape.length :] for h in histories]))

    def _weigh(self, table: csr_array, histories: Sequence[NDArray[np.int64]]) -> Vectors:
        weighed: Vectors = (self._recent(histories) @ table).toarray()
        return weighed

    def _recent(self, histories: Sequence[NDArray[np.int64]]) -> csr_array:
        return history_matrix(histories, len(self.items), self.config.blend.recency)

    def with_blend(self, blend: Blend) -> SequenceModel:
        """The same model with other weights."""
        return SequenceModel(
            self.config.model_copy(update={"blend": blend}), self._networks, self._tables
        )

    def save(self, folder: Path) -> None:
        """Write the model's files; the folder is ready when this returns."""
        folder.mkdir(parents=True, exist_ok=True)
        weights = {
            f"{number}.{name}": value.numpy()
            for number, network in enumerate(self._networks)
            for name, value in network.state_dict().items()
        }
        save_file(weights, folder / NETWORK)
        tables = self._tables
        arrays: dict[str, NDArray[np.generic]] = {"popularity": tables.popularity}
        for name in ("transitions", "sequence"):
            table: csr_array = getattr(tables, name).tocsr()
            arrays[f"{name}.data"] = table.data.astype(np.float32)
            arrays[f"{name}.indices"] = table.indices.astype(np.int32)
            arrays[f"{name}.indptr"] = table.indptr.astype(np.int64)
        if tables.texts is not None:
            arrays["texts"] = tables.texts
        texts = [n.texts.numpy() for n in self._networks if n.projection is not None]
        if texts:
            arrays["network_texts"] = texts[0]
        save_file(arrays, folder / TABLES)
        (folder / CONFIG).write_text(self.config.model_dump_json() + "\n", "utf-8")


def load_sequence_model(folder: Path) -> SequenceModel:
    """The model in `folder`; raises TerminalError when it is missing or damaged."""
    try:
        config = ModelConfig.model_validate_json((folder / CONFIG).read_bytes())
        weights, arrays = load_file(folder / NETWORK), load_file(folder / TABLES)
        networks = []
        for number, shape in enumerate(config.shapes):
            texts = None
            if shape.text_dimensions:
                texts = torch.from_numpy(arrays["network_texts"])
            network = NextItemNetwork(shape, texts)
            prefix = f"{number}."
            state = {
                name.removeprefix(prefix): torch.from_numpy(value)
                for name, value in weights.items()
                if name.startswith(prefix)
            }
            network.load_state_dict(state)
            networks.append(network)
        tables = Tables(
            _table(arrays, "transitions", len(config.items)),
            _table(arrays, "sequence", len(config.items)),
            arrays.get("texts"),
            arrays["popularity"],
        )
    except (OSError, ValidationError, SafetensorError, KeyError, RuntimeError) as error:
        raise TerminalError(
            f"{folder} holds no whole next-item model ({str(error).splitlines()[0][:80]}).",
            remedy="Train it again with `aisle train sequence`.",
        ) from None
    return SequenceModel(config, networks, tables)


def _table(arrays: dict[str, NDArray[np.generic]], name: str, items: int) -> csr_array:
    parts = tuple(arrays[f"{name}.{part}"] for part in ("data", "indices", "indptr"))
    return csr_array(parts, shape=(items, items))


def history_matrix(
    histories: Sequence[NDArray[np.int64]], items: int, decay: float = 1.0
) -> csr_array:
    """What each user had, shape (histories, items); the k-th last item weighs decay^k."""
    lengths = np.array([len(history) for history in histories], np.int64)
    flat = np.concatenate(histories) if lengths.sum() else np.zeros(0, np.int64)
    rows = np.repeat(np.arange(len(histories)), lengths)
    ages = np.repeat(np.cumsum(lengths), lengths) - 1 - np.arange(len(flat))
    values = (decay**ages).astype(np.float32)
    return csr_array((values, (rows, flat)), shape=(len(histories), items))
