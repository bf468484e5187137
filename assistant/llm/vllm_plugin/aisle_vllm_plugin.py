"""Int8 linear layers for vLLM on x86 CPUs without VNNI, where oneDNN has no fast path.

Without VNNI oneDNN multiplies int8 by packing the whole weight matrix at every call: a layer
of 1536 x 8960 costs 6 to 11 ms however few rows it is given. PyTorch's weight-only kernel
(`aten::_weight_int8pack_mm`) reads the int8 weights once and takes 1 ms for one row, so it
serves the small batches of decoding; oneDNN keeps the large ones of prefill.
The numbers are in docs/decisions/0002-int8-kernel-without-vnni.md.

vLLM loads this module through its `vllm.general_plugins` entry point in every process.
"""

from __future__ import annotations

import logging

import torch

logger = logging.getLogger("vllm.aisle_int8")

# Rows up to which the weight-only kernel beats oneDNN, measured on an AVX2 machine
# (1536 x 8960: 10.6 against 12.7 ms at 32 rows, 15.5 against 14.0 ms at 48).
WEIGHT_ONLY_ROWS = 40


def lacks_vnni() -> bool:
    """Whether this is an x86 CPU (AVX2 at least) without int8 dot-product instructions."""
    from vllm.platforms import current_platform
    from vllm.platforms.interface import CpuArchEnum

    return (
        bool(current_platform.is_cpu())
        and current_platform.get_cpu_architecture() == CpuArchEnum.X86
        and torch.cpu._is_avx2_supported()
        and not torch.cpu._is_vnni_supported()
    )


def register() -> None:
    """Put the weight-only kernels first on machines that need them; nothing elsewhere."""
    if not lacks_vnni():
        return
    from vllm.model_executor.kernels.linear import _POSSIBLE_INT8_KERNELS
    from vllm.platforms import PlatformEnum

    kernels = _POSSIBLE_INT8_KERNELS[PlatformEnum.CPU]
    if any(kernel.__name__ == "WeightOnlyInt8Kernel" for kernel in kernels):
        return
    kernels.insert(0, _int8_kernel())
    _quantize_output_head()
    logger.info("no VNNI on this CPU: small batches take the weight-only int8 kernel")


def multiply_int8(
    x: torch.Tensor, weight: torch.Tensor, scale: torch.Tensor, bias: torch.Tensor | None
) -> torch.Tensor:
    """``x @ (weight * scale).T + bias`` for bfloat16 x (rows, K), int8 weight (N, K)."""
    out = torch.ops.aten._weight_int8pack_mm(x.contiguous(), weight, scale)
    return out if bias is None else out.add_(bias)


def quantize_rows(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Symmetric int8 per output channel: int8 (N, K) and bfloat16 scales (N,).

    The scale is rounded to bfloat16 before dividing, so that rounding costs nothing more.
    Works in blocks: the float32 copy of a 151,936 x 1,536 head would be 0.9 GB.
    """
    quantized = torch.empty_like(weight, dtype=torch.int8)
    scales = torch.empty(weight.size(0), dtype=torch.bfloat16)
    for start in range(0, weight.size(0), 8192):
        block = weight[start : start + 8192].float()
        scale = (block.abs().amax(1, keepdim=True) / 127).clamp(min=1e-8).bfloat16()
        quantized[start : start + 8192] = (block / scale.float()).round().clamp(-127, 127)
        scales[start : start + 8192] = scale.squeeze(1)
    return quantized, scales


def _int8_kernel() -> type:
    from vllm.model_executor.kernels.linear.scaled_mm.cpu import CPUInt8ScaledMMLinearKernel

    class WeightOnlyInt8Kernel(CPUInt8ScaledMMLinearKernel):  # type: ignore[misc]
        """oneDNN for many rows, the weight-only kernel for few."""

        @classmethod
        def can_implement(cls, c):  # type: ignore[no-untyped-def]
            if c.is_static_input_scheme:
                return False, "requires dynamic activation quantization."
            if not c.input_symmetric or not c.is_channelwise:
                return False, "requires symmetric activations and per-channel weights."
            return True, None

        def process_weights_after_loading(self, layer: torch.nn.Module) -> None:
            names = self.layer_param_names
            # oneDNN keeps a packed copy of its own; the plain one stays for small batches.
            self.weight = getattr(layer, names[0]).data.contiguous()
            self.scale = getattr(layer, names[1]).data.reshape(-1).bfloat16().contiguous()
            super().process_weights_after_loading(layer)

        def apply_weights(
            self, layer: torch.nn.Module, x: torch.Tensor, bias: torch.Tensor | None = None
        ) -> torch.Tensor:
            rows = x.reshape(-1, x.shape[-1])
            if x.dtype != torch.bfloat16 or rows.size(0) > WEIGHT_ONLY_ROWS:
                return super().apply_weights(layer, x, bias)
            out = multiply_int8(rows, self.weight, self.scale, bias)
            return out.reshape(*x.shape[:-1], -1)

    return WeightOnlyInt8Kernel


def _quantize_output_head() -> None:
    """Serve the bfloat16 output head from int8: without bf16 instructions it costs the most.

    Only `ParallelLMHead`; the embedding it may be tied to keeps its weights.
    """
    from vllm.model_executor.layers.vocab_parallel_embedding import (
        ParallelLMHead,
        UnquantizedEmbeddingMethod,
    )

    original = UnquantizedEmbeddingMethod.process_weights_after_loading

    def process_weights_after_loading(self, layer: torch.nn.Module) -> None:  # type: ignore[no-untyped-def]
        original(self, layer)
        if not isinstance(layer, ParallelLMHead) or layer.weight.dtype != torch.bfloat16:
            return
        quantized, scales = quantize_rows(layer.weight.data)
        layer.cpu_linear = lambda x, weight, bias: multiply_int8(x, quantized, scales, bias)

    UnquantizedEmbeddingMethod.process_weights_after_loading = process_weights_after_loading
