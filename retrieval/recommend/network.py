"""The transformer behind next-item recommendations, on sequences packed without padding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from retrieval.types import Frozen

# Distances in the relative position bias: beyond, all are one. Bursts of shopping are shorter.
DISTANCES = 32


class NetworkShape(Frozen):
    """What a checkpoint needs to be rebuilt."""

    items: int
    text_dimensions: int = 0
    dimensions: int = 128
    blocks: int = 2
    heads: int = 2
    length: int = 50
    dropout: float = 0.4
    embedding_dropout: float = 0.4
    cosine: bool = False


@dataclass(frozen=True)
class Packed:
    """Sequences laid end to end, sorted by length.

    `items` has shape (tokens,), `places` counts from each sequence's start; `groups` are (first
    token, sequences, length) of runs of equal length; `order` says which sequence of the
    caller's came where.
    """

    items: Tensor
    places: Tensor
    groups: tuple[tuple[int, int, int], ...]
    order: NDArray[np.int64]

    @property
    def last(self) -> Tensor:
        """The position of each sequence's last token, in packed order."""
        ends = [
            torch.arange(start + length - 1, start + count * length, length)
            for start, count, length in self.groups
        ]
        return torch.cat(ends)

    def to(self, device: torch.device) -> Packed:
        """The same on another device."""
        return replace(self, items=self.items.to(device), places=self.places.to(device))


def pack(sequences: Sequence[NDArray[np.int64]]) -> Packed:
    """Lay sequences end to end without a single padded position; none may be empty."""
    lengths = np.array([len(sequence) for sequence in sequences])
    order = np.argsort(lengths, kind="stable")
    groups, start = [], 0
    for length, count in zip(*np.unique(lengths, return_counts=True), strict=True):
        groups.append((start, int(count), int(length)))
        start += int(count * length)
    flat = np.concatenate([sequences[n] for n in order])
    places = np.concatenate([np.arange(lengths[n]) for n in order])
    return Packed(torch.from_numpy(flat), torch.from_numpy(places), tuple(groups), order)


class Attention(nn.Module):
    """Causal self-attention with a learnt bias by distance (Raffel et al., JMLR 2020)."""

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.dropout = shape.dropout
        self.qkv = nn.Linear(shape.dimensions, 3 * shape.dimensions)
        self.out = nn.Linear(shape.dimensions, shape.dimensions)
        self.bias = nn.Parameter(torch.zeros(shape.heads, DISTANCES))

    def forward(self, x: Tensor, groups: Sequence[tuple[int, int, int]]) -> Tensor:
        """Attend within each sequence of the packed x, shape (tokens, dimensions)."""
        qkv = self.qkv(x)
        width = x.shape[1] // self.heads
        parts = []
        for start, count, length in groups:
            block = qkv[start : start + count * length]
            q, k, v = block.view(count, length, 3, self.heads, width).permute(2, 0, 3, 1, 4)
            attended = functional.scaled_dot_product_attention(
                q,
                k,
                v,
                attn_mask=self._mask(length).expand(count, -1, -1, -1),
                dropout_p=self.dropout if self.training else 0.0,
            )
            parts.append(attended.transpose(1, 2).reshape(count * length, x.shape[1]))
        mixed: Tensor = self.out(torch.cat(parts))
        return mixed

    def _mask(self, length: int) -> Tensor:
        place = torch.arange(length, device=self.bias.device)
        distance = place[:, None] - place[None, :]
        bias = self.bias[:, distance.clamp(0, DISTANCES - 1)]
        return bias.masked_fill(distance < 0, -torch.inf)[None]


class Block(nn.Module):
    """Pre-norm attention and feed-forward, each with dropout on its way back."""

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        d = shape.dimensions
        self.before_attention = nn.LayerNorm(d)
        self.attention = Attention(shape)
        self.before_mlp = nn.LayerNorm(d)
        last = nn.Linear(4 * d, d)
        self.mlp = nn.Sequential(nn.Linear(d, 4 * d), nn.GELU(), nn.Dropout(shape.dropout), last)
        self.drop = nn.Dropout(shape.dropout)
        # A block starts as nothing, so that a warm start's neighbours are recommended at once.
        for layer in (self.attention.out, last):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor, groups: Sequence[tuple[int, int, int]]) -> Tensor:
        """Mix within sequences, then within tokens; shape kept."""
        x = x + self.drop(self.attention(self.before_attention(x), groups))
        mixed: Tensor = x + self.drop(self.mlp(self.before_mlp(x)))
        return mixed


class NextItemNetwork(nn.Module):
    """A decoder over a shopper's items whose states score every item by inner product.

    SASRec (Kang & McAuley, ICDM 2018) with full softmax; an item's vector is the sum of a
    learnt one and a projection of its text's (Hou et al., UniSRec, KDD 2022), used on both
    ends, so that an item nobody has met has a place.
    """

    def __init__(self, shape: NetworkShape, texts: Tensor | None = None) -> None:
        super().__init__()
        self.shape = shape
        self.ids = nn.Embedding(shape.items, shape.dimensions)
        self.places = nn.Embedding(shape.length, shape.dimensions)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.blocks))
        self.norm = nn.LayerNorm(shape.dimensions)
        self.drop = nn.Dropout(shape.embedding_dropout)
        nn.init.normal_(self.ids.weight, std=0.02)
        nn.init.normal_(self.places.weight, std=0.02)
        self.projection: nn.Linear | None = None
        self.texts: Tensor
        if shape.text_dimensions:
            given = texts if texts is not None else torch.zeros(shape.items, shape.text_dimensions)
            # Given, not learnt: checkpoints do without.
            self.register_buffer("texts", given, persistent=False)
            self.projection = nn.Linear(shape.text_dimensions, shape.dimensions, bias=False)
            # A text's vector starts as large as a learnt one.
            nn.init.normal_(self.projection.weight, std=0.02)
        if shape.cosine:
            self.scale = nn.Parameter(torch.tensor(14.0))

    def item_vectors(self) -> Tensor:
        """The vector of every item, shape (items, dimensions)."""
        weight: Tensor = self.ids.weight
        if self.projection is not None:
            weight = weight + self.projection(self.texts)
        return weight

    def targets(self, vectors: Tensor) -> Tensor:
        """Item vectors as states meet them, shape kept."""
        if self.shape.cosine:
            return functional.normalize(vectors, dim=-1) * self.scale
        return vectors

    def states(self, packed: Packed, vectors: Tensor) -> Tensor:
        """The state after every token, shape (tokens, dimensions)."""
        x = functional.embedding(packed.items, vectors)
        x = x * (self.shape.dimensions**0.5) + self.places(packed.places)
        x = self.drop(x)
        for block in self.blocks:
            x = block(x, packed.groups)
        x = self.norm(x)
        return functional.normalize(x, dim=-1) if self.shape.cosine else x

    def last_states(self, packed: Packed) -> Tensor:
        """The state of each sequence in the caller's order, shape (sequences, dimensions)."""
        states = self.states(packed, self.item_vectors())[packed.last]
        back = np.argsort(packed.order, kind="stable")
        return states[torch.from_numpy(back)]
