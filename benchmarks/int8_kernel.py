"""Where does the weight-only int8 kernel beat oneDNN on this CPU? Milliseconds a layer.

$AISLE_HOME/engine/venv/bin/python benchmarks/int8_kernel.py

Runs in the engine's environment (torch and vllm only). The layer is the largest of the model,
1536 x 8960; four copies take turns so that no cache holds the weights.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable

os.environ["VLLM_TARGET_DEVICE"] = "cpu"

import torch
from vllm import _custom_ops as ops
from vllm.platforms import current_platform

OUTPUTS, INPUTS, COPIES = 8960, 1536, 4
ROWS = (1, 2, 4, 8, 16, 24, 32, 40, 48, 64, 128, 512)

Kernel = Callable[[torch.Tensor], torch.Tensor]


def build_kernels() -> dict[str, Kernel]:
    """The three ways to multiply bfloat16 rows with the layer."""
    current_platform.import_kernels()
    weights = [torch.randint(-127, 128, (OUTPUTS, INPUTS), dtype=torch.int8) for _ in range(COPIES)]
    plain = [weight.bfloat16() for weight in weights]
    scale = torch.rand(OUTPUTS, 1) * 0.01
    packed_scale = scale.flatten().bfloat16()
    handlers = [
        ops.create_onednn_scaled_mm(weight.t(), scale, torch.bfloat16, True, False, 32)
        for weight in weights
    ]
    turn = itertools.cycle(range(COPIES))

    def onednn(x: torch.Tensor) -> torch.Tensor:
        quantized, row_scales, _ = ops.onednn_scaled_int8_quant(x, None, None, True)
        out = torch.empty(x.size(0), OUTPUTS, dtype=x.dtype)
        ops.onednn_scaled_mm(handlers[next(turn)], quantized, out, row_scales, None, None, None)
        return out

    return {
        "weight-only int8": lambda x: torch.ops.aten._weight_int8pack_mm(
            x, weights[next(turn)], packed_scale
        ),
        "oneDNN int8": onednn,
        "bfloat16": lambda x: torch.nn.functional.linear(x, plain[next(turn)]),
    }


def milliseconds(kernel: Kernel, x: torch.Tensor) -> float:
    """Fastest of twelve calls after one to warm up: another process can only add time."""
    times = []
    for _ in range(13):
        started = time.perf_counter()
        kernel(x)
        times.append(time.perf_counter() - started)
    return min(times[1:]) * 1000


def main() -> None:
    """Prints one line a batch size."""
    kernels = build_kernels()
    print("rows", *(f"{name:>18}" for name in kernels))
    for rows in ROWS:
        x = torch.randn(rows, INPUTS, dtype=torch.bfloat16)
        print(f"{rows:4}", *(f"{milliseconds(kernel, x):18.2f}" for kernel in kernels.values()))


if __name__ == "__main__":
    main()
