"""Item-to-item models: EASE and co-occurrence in sequence, both as sparse item-item weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, lapack
from scipy.sparse import csr_array
from scipy.sparse.linalg import svds

from retrieval.errors import TerminalError
from retrieval.train.sequence.data import Indices, count_items
from retrieval.types import Vectors

# Two models solve with a dense matrix of the most met items: 20,000 of them take two times 1.6 GB
# and some minutes on two cores. Rarer ones are left to the other models.
DENSE_ITEMS = 20_000
EASE_RIDGE = 100.0
TRANSITION_RIDGE = 30.0
# Each step back in the past, or on in the future, counts that much less.
PAST_DECAY = 0.7
FUTURE_DECAY = 0.6
# Weights kept of each item: what is dropped is smaller than anything a top ten hangs on.
KEPT = 300
# Pairs further apart than this hardly belong together; long histories would cost their square.
REACH = 20
REACH_DECAY = 0.8
# A pair in the wrong order tells half as much of what comes next.
BACKWARD = 0.5
# Added to the counts a pair is divided by: a single meeting of two rare items proves little.
SHRINK = 10.0


def fit_transitions(
    histories: Sequence[Indices], items: int, ridge: float = TRANSITION_RIDGE
) -> csr_array:
    """The item-item weights that best foretell, from what was had, what comes next.

    SLIT, the ordered sister of EASE (Choi et al., SLIST, WWW 2021): ridge regression of the
    decayed future on the decayed past over every position of every history. Shape (items,
    items), the KEPT largest of each row. Raises TerminalError when the Gram matrix is singular.
    """
    chosen = _most_met(count_items(histories, items))
    past, future = position_matrices(histories, items)
    past, future = past[:, chosen], future[:, chosen]
    gram = (past.T @ past).toarray(order="F").astype(np.float32, copy=False)
    gram[np.diag_indices(len(chosen))] += ridge
    factor, failed = lapack.spotrf(gram, lower=1, overwrite_a=1)
    if failed:
        raise TerminalError("The Gram matrix of the histories cannot be inverted.")
    wanted = (past.T @ future).toarray(order="F").astype(np.float32, copy=False)
    weights, _ = lapack.spotrs(factor, wanted, lower=1, overwrite_b=1)
    return _keep_largest(weights, chosen, items)


def position_matrices(histories: Sequence[Indices], items: int) -> tuple[csr_array, csr_array]:
    """Decayed past and future of every position but the last, shape (positions, items)."""
    long = [history for history in histories if len(history) > 1]
    starts = np.cumsum([0, *(len(history) - 1 for history in long)])
    past = csr_array((int(starts[-1]), items), dtype=np.float32)
    future = past.copy()
    for distance in range(REACH):
        far = [(s, h) for s, h in zip(starts, long, strict=False) if len(h) - 1 > distance]
        if not far:
            break
        rows = np.concatenate([s + np.arange(distance, len(h) - 1) for s, h in far])
        columns = np.concatenate([h[: -1 - distance] for _, h in far])
        past += _entries(rows, columns, PAST_DECAY**distance, past.shape)
        rows = np.concatenate([s + np.arange(len(h) - 1 - distance) for s, h in far])
        columns = np.concatenate([h[1 + distance :] for _, h in far])
        future += _entries(rows, columns, FUTURE_DECAY**distance, past.shape)
    return past, future


def _entries(rows: Indices, columns: Indices, value: float, shape: tuple[int, int]) -> csr_array:
    return csr_array((np.full(len(rows), value, np.float32), (rows, columns)), shape=shape)


def _most_met(counts: Indices) -> Indices:
    """The items that the dense models are fitted on."""
    chosen = np.sort(np.argsort(-counts, kind="stable")[:DENSE_ITEMS])
    return chosen[counts[chosen] > 0]


def fit_ease(seen: csr_array, ridge: float = EASE_RIDGE, dropout: float = 0.0) -> csr_array:
    """EASE (Steck, WWW 2019): the item-item weights that best rebuild histories from themselves.

    `seen` has shape (histories, items); `dropout` is the share of a history that has to be
    rebuilt from the rest (EDLAE, Steck, NeurIPS 2020). Shape (items, items), the KEPT largest
    of each row. Raises TerminalError when the Gram matrix cannot be inverted.
    """
    items = seen.shape[1]
    chosen = _most_met(np.bincount(seen.indices, minlength=items))
    seen = seen[:, chosen]
    gram = (seen.T @ seen).toarray(order="F").astype(np.float32, copy=False)
    diagonal = gram.diagonal() * np.float32(dropout / (1 - dropout)) + np.float32(ridge)
    gram[np.diag_indices(len(chosen))] += diagonal
    inverse = _invert(gram)
    diagonal = np.diag(inverse).copy()
    inverse /= -diagonal[None, :]
    np.fill_diagonal(inverse, 0)
    return _keep_largest(inverse, chosen, items)


def _invert(gram: Vectors) -> Vectors:
    """The inverse of a positive definite matrix, in place: half the work of a general one."""
    factor, failed = lapack.spotrf(gram, lower=1, overwrite_a=1)
    if failed == 0:
        inverse, failed = lapack.spotri(factor, lower=1, overwrite_c=1)
    if failed:
        raise TerminalError("EASE: the Gram matrix cannot be inverted.") from LinAlgError()
    # Only the lower triangle is filled: mirror it, block by block.
    step = 1024
    for start in range(0, len(inverse), step):
        rows = slice(start, start + step)
        inverse[rows, start + step :] = inverse[start + step :, rows].T
        block = inverse[rows, rows]
        block[:] = np.tril(block) + np.tril(block, -1).T
    mirrored: Vectors = inverse
    return mirrored


def _keep_largest(weights: Vectors, chosen: Indices, items: int) -> csr_array:
    """The KEPT largest weights (by size) of each row, in the numbering of all items."""
    kept = min(KEPT, len(chosen))
    columns = np.empty((len(chosen), kept), np.int64)
    values = np.empty((len(chosen), kept), np.float32)
    for row, line in enumerate(weights):
        columns[row] = np.argpartition(-np.abs(line), kept - 1)[:kept]
        values[row] = line[columns[row]]
    rows = np.repeat(chosen, kept)
    return csr_array((values.ravel(), (rows, chosen[columns].ravel())), shape=(items, items))


def fit_cooccurrence(histories: Sequence[Indices], items: int) -> csr_array:
    """How much more often one item follows another than their counts foretell.

    Shape (items, items), rows are what was had. Counts of ordered pairs, decayed by their
    distance, over the root of both items' counts (item-kNN, Sarwar et al., WWW 2001).
    """
    pairs = count_pairs(histories, items)
    both = (pairs + BACKWARD * pairs.T).tocsr()
    root = 1 / np.sqrt(count_items(histories, items) + SHRINK)
    both = both.multiply(root[:, None]).multiply(root[None, :]).tocsr().astype(np.float32)
    both.setdiag(0)
    both.eliminate_zeros()
    return csr_array(both)


def count_pairs(histories: Sequence[Indices], items: int) -> csr_array:
    """Decayed counts of (earlier, later) at most REACH apart, shape (items, items)."""
    total = csr_array((items, items), dtype=np.float32)
    for distance in range(1, REACH + 1):
        long = [history for history in histories if len(history) > distance]
        if not long:
            break
        earlier = np.concatenate([history[:-distance] for history in long])
        later = np.concatenate([history[distance:] for history in long])
        weights = np.full(len(earlier), REACH_DECAY ** (distance - 1), np.float32)
        total = total + csr_array((weights, (earlier, later)), shape=(items, items))
    return csr_array(total)


def cooccurrence_vectors(
    histories: Sequence[Indices], items: int, dimensions: int, seed: int
) -> Vectors:
    """Vectors whose products are near the co-occurrence, shape (items, dimensions).

    Truncated SVD of the symmetric weights (Levy & Goldberg, NIPS 2014); zero where nothing is
    known. Where there are fewer items than dimensions, the rest is zero.
    """
    weights = fit_cooccurrence(histories, items)
    symmetric = ((weights + weights.T) * 0.5).tocsr()
    rank = min(dimensions, items - 2)
    vectors = np.zeros((items, dimensions), np.float32)
    if rank < 1:
        return vectors
    start = np.random.default_rng(seed).normal(size=items)
    left, sizes, _ = svds(symmetric, k=rank, v0=start)
    vectors[:, :rank] = left * np.sqrt(np.maximum(sizes, 0))
    return vectors


def popularity(histories: Sequence[Indices], items: int) -> NDArray[np.float32]:
    """Logarithm of one more than each item's count, shape (items,)."""
    return np.log1p(count_items(histories, items)).astype(np.float32)
