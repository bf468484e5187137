"""Cross-entropy over all items, or over sampled ones, without keeping the logits."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

# Logits computed at once: they bound the memory (32 MB of bfloat16) and stay near the caches.
LOGITS_AT_ONCE = 1 << 24


class _FullSoftmax(torch.autograd.Function):
    """Sum of cross-entropies whose gradients are made with the logits, in one pass.

    Three matrix products instead of the four of recomputing, and never more than one chunk of
    logits in memory. Products are bfloat16 where the machine has them (a third of the time);
    the smoothing, too small for bfloat16, is added in closed form.
    """

    @staticmethod
    def forward(
        ctx: Any, states: Tensor, vectors: Tensor, targets: Tensor, weights: Tensor, smooth: float
    ) -> Tensor:
        kind = product_type(states.device)
        rows, table = states.to(kind), vectors.to(kind)
        d_states, d_vectors = torch.empty_like(states), torch.zeros_like(vectors)
        total = states.new_zeros(())
        wanted = weights * (1 - smooth)
        step = max(LOGITS_AT_ONCE // len(vectors), 1)
        for start in range(0, len(states), step):
            part = slice(start, start + step)
            logits = rows[part] @ table.T
            first = logits.gather(1, targets[part, :1])[:, 0].float()
            shares = logits.softmax(dim=1)
            logs = shares.gather(1, targets[part]).float().clamp_min(1e-30).log()
            total -= (wanted[part] * logs).sum()
            if smooth:
                # mean of log-shares = mean logit − norm, the norm from the first target's.
                means = states[part] @ vectors.mean(dim=0)
                total -= smooth * (means - first + logs[:, 0]).sum()
            row = torch.arange(len(shares), device=shares.device)
            for target, weight in zip(targets[part].T, wanted[part].T, strict=True):
                # By plain indexing: scatter_add_ copies the whole of a bfloat16 matrix.
                shares[row, target] -= weight.to(kind)
            d_states[part] = (shares @ table).to(states.dtype)
            d_vectors += (shares.T @ rows[part]).to(states.dtype)
        if smooth:
            d_states -= smooth * vectors.mean(dim=0)
            d_vectors -= smooth / len(vectors) * states.sum(dim=0)
        ctx.save_for_backward(d_states, d_vectors)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None, None, None]:
        d_states, d_vectors = ctx.saved_tensors
        return d_states * gradients[0], d_vectors * gradients[0], None, None, None


def product_type(device: torch.device) -> torch.dtype:
    """What large products are computed in: bfloat16 where the hardware multiplies it."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    has = torch.cpu.get_capabilities()
    return torch.bfloat16 if has.get("avx512_bf16") or has.get("amx_bf16") else torch.float32


def full_softmax_loss(
    states: Tensor, vectors: Tensor, targets: Tensor, weights: Tensor, smooth: float = 0.0
) -> Tensor:
    """Sum over tokens of the cross-entropy with soft targets.

    `states` (tokens, d), `vectors` (items, d); `targets` and `weights` (tokens, several) say
    which items were meant and how much each counts; rows of weights sum to 1.
    """
    loss: Tensor = _FullSoftmax.apply(states, vectors, targets, weights, smooth)  # type: ignore[no-untyped-call]
    return loss


def sampled_softmax_loss(
    states: Tensor,
    vectors: Tensor,
    targets: Tensor,
    weights: Tensor,
    negatives: Tensor,
    smooth: float = 0.0,
) -> Tensor:
    """As `full_softmax_loss`, the sum of exponentials estimated from items drawn evenly.

    `negatives` are indices of the drawn items, shared by all tokens; the correction by their
    probability is that of Bengio & Senécal (2008), the same for every item here.
    """
    drawn = states @ vectors[negatives].T + math.log(len(vectors) / len(negatives))
    own = torch.einsum("td,tkd->tk", states, vectors[targets])
    # An item that is a target must not push itself away.
    hit = (negatives[None, :, None] == targets[:, None, :]).any(dim=2)
    norm = torch.cat([own[:, :1], drawn.masked_fill(hit, -torch.inf)], dim=1).logsumexp(dim=1)
    loss = norm.sum() - (1 - smooth) * (weights * own).sum()
    if smooth:
        loss = loss - smooth * (states @ vectors[negatives].mean(dim=0)).sum()
    return loss
