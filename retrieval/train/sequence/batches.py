"""Training examples: windows of histories, packed into batches of equal work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from retrieval.recommend.network import Packed, pack
from retrieval.train.sequence.data import Indices


@dataclass(frozen=True)
class Window:
    """Inputs with what came after each, and from which position on the loss counts.

    `items` has one item more than there are inputs; `fresh` is 0 but in later windows of long
    histories, whose first half only gives context.
    """

    items: Indices
    fresh: int


@dataclass(frozen=True)
class Batch:
    """Packed inputs; targets and weights of shape (tokens, horizon)."""

    packed: Packed
    targets: Tensor
    weights: Tensor


def cut_windows(histories: Sequence[Indices], length: int) -> list[Window]:
    """Windows of at most `length` inputs in which every item after the first is once a target."""
    windows = []
    for history in histories:
        inputs = len(history) - 1
        if inputs < 1:
            continue
        windows.append(Window(history[: length + 1], 0))
        start = length
        while start < inputs:
            # The last window is a whole one: more context for the same work.
            begin = min(start - length // 2, inputs - length)
            windows.append(Window(history[begin : begin + length + 1], start - begin))
            start = begin + length
    return windows


def draw_batches(
    windows: Sequence[Window], tokens: int, generator: np.random.Generator
) -> list[NDArray[np.int64]]:
    """Windows in random order, cut where about `tokens` inputs are together."""
    order = generator.permutation(len(windows))
    sizes = np.array([len(windows[n].items) - 1 for n in order])
    batch = (np.cumsum(sizes) - sizes) // tokens
    return np.split(order, np.flatnonzero(np.diff(batch)) + 1)


def make_batch(
    windows: Sequence[Window],
    *,
    horizon: int,
    decay: float,
    drop: float,
    generator: np.random.Generator,
) -> Batch:
    """Pack windows with the next `horizon` items of each position as soft targets.

    The item k places later weighs `decay`^k, rows sum to 1: what is bought in one session comes
    in no certain order. Each item but a window's newest is left out with probability `drop`.
    """
    inputs, targets, weights = [], [], []
    for window in windows:
        items, fresh = window.items, window.fresh
        if drop and len(items) > 2:
            keep = generator.random(len(items)) >= drop
            keep[-1] = keep[max(fresh - 1, 0)] = True
            fresh = int(keep[:fresh].sum())
            items = items[keep]
        if len(items) < 2:
            continue
        inputs.append(items[:-1])
        one, weight = _targets(items, horizon, decay)
        weight[:fresh] = 0
        targets.append(one)
        weights.append(weight)
    packed = pack(inputs)
    return Batch(
        packed,
        torch.from_numpy(np.concatenate([targets[n] for n in packed.order])),
        torch.from_numpy(np.concatenate([weights[n] for n in packed.order])),
    )


def _targets(items: Indices, horizon: int, decay: float) -> tuple[Indices, NDArray[np.float32]]:
    place = np.arange(1, len(items))[:, None] + np.arange(horizon)[None, :]
    there = place < len(items)
    weight = np.where(there, decay ** np.arange(horizon), 0.0)
    weight = (weight / weight.sum(axis=1, keepdims=True)).astype(np.float32)
    return items[np.minimum(place, len(items) - 1)], weight
