"""The arithmetic of the plugin, on this environment's torch; vLLM itself is elsewhere."""

from __future__ import annotations

import importlib.util
from types import ModuleType

import pytest
import torch

from assistant.llm.engine_environment import PLUGIN_SOURCES


@pytest.fixture(scope="module")
def plugin() -> ModuleType:
    path = PLUGIN_SOURCES / "aisle_vllm_plugin.py"
    spec = importlib.util.spec_from_file_location("aisle_vllm_plugin", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("rows", [1, 3, 8, 40])
def test_product_equals_the_dequantised_one(plugin: ModuleType, rows: int) -> None:
    torch.manual_seed(0)
    x = torch.randn(rows, 256).bfloat16()
    weight = torch.randint(-127, 128, (64, 256), dtype=torch.int8)
    scale = (torch.rand(64) * 0.01).bfloat16()
    bias = torch.randn(64).bfloat16()
    expected = x.float() @ (weight.float() * scale.float()[:, None]).T + bias.float()
    got = plugin.multiply_int8(x, weight, scale, bias)
    assert got.dtype == torch.bfloat16
    assert torch.allclose(got.float(), expected, rtol=0.02, atol=0.02)


def test_rows_that_are_not_contiguous_give_the_same(plugin: ModuleType) -> None:
    x = torch.randn(4, 128).bfloat16()
    wide = torch.cat([x, x], dim=1)[:, :128]
    weight = torch.randint(-127, 128, (32, 128), dtype=torch.int8)
    scale = torch.full((32,), 0.01).bfloat16()
    assert torch.equal(
        plugin.multiply_int8(wide, weight, scale, None),
        plugin.multiply_int8(x, weight, scale, None),
    )


def test_quantising_keeps_every_weight_within_half_a_step(plugin: ModuleType) -> None:
    torch.manual_seed(1)
    weight = (torch.randn(9000, 32) * torch.rand(9000, 1)).bfloat16()
    weight[17] = 0
    quantized, scales = plugin.quantize_rows(weight)
    assert quantized.dtype == torch.int8 and scales.dtype == torch.bfloat16
    # A row's largest weight may lie a rounding of its scale beyond 127 steps (2^-8 of it).
    allowed = scales.float()[:, None] * (0.5 + 127 / 256)
    error = (quantized.float() * scales.float()[:, None] - weight.float()).abs()
    assert (error <= allowed + 1e-9).all()
    assert (error.mean() / weight.float().abs().mean()).item() < 0.01
    assert not quantized[17].any()
