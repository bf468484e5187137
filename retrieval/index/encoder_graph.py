"""Writes a BERT sentence encoder as an ONNX graph of fused operators.

Not exported from torch: onnxruntime's fused attention, bias-GELU and skip-layer-norm operators
are named directly, mean pooling (Reimers & Gurevych 2019) and L2 normalisation are inside, and
neither torch nor transformers has to be loaded to write or to run it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from retrieval.errors import WeightsError
from retrieval.index.encoder_onnx import INPUTS

OPSET = 17
FUSED_DOMAIN = "com.microsoft"
OUTPUT = "embedding"
SMALLEST_NORM = 1e-12

Weights = dict[str, NDArray[Any]]
Precision = Literal["int8", "mixed", "fp32"]
"""int8: all dense layers; mixed: all but the second of each feed-forward block, whose input
(after GELU) has the outliers that cost int8 most; activations are quantised as they run."""

WEIGHT_MAXIMUM = 63
"""Seven of int8's eight bits: without VNNI, sums of two u8 x s8 products saturate at 16 bits.
Measured without VNNI on product titles: lowest cosine to float32 .990 (MiniLM) and .994 (e5)
with 63, .988 and .988 with 127, at the same speed."""


@dataclass(slots=True)
class _Graph:
    """Nodes and initializers under construction; methods return the name of their output."""

    precision: Precision
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: list[onnx.TensorProto] = field(default_factory=list)

    def constant(self, name: str, value: NDArray[Any]) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def split(self, source: str, outputs: list[str]) -> None:
        """Equal parts along the last axis."""
        self.nodes.append(helper.make_node("Split", [source], outputs, axis=-1))

    def fused(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        return self.node(kind, inputs, output, domain=FUSED_DOMAIN, **attributes)


def write_encoder_graph(folder: Path, target: Path, precision: Precision) -> None:
    """Writes `target` from the BERT in `folder` (config.json, model.safetensors).

    Inputs: ``input_ids`` and ``attention_mask``, int64 of shape (n, tokens), padding on the
    right. Output: ``embedding``, float32 of shape (n, dimensions), L2-normalised. Raises
    WeightsError for another architecture.
    """
    from safetensors.numpy import load_file

    config = json.loads((folder / "config.json").read_text("utf-8"))
    if config["model_type"] != "bert" or config["hidden_act"] != "gelu":
        raise WeightsError(f"{folder.name} is a {config['model_type']} model, expected bert.")
    weights: Weights = load_file(folder / "model.safetensors")
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = target.with_name(target.name + ".writing")
    onnx.save(build_graph(config, weights, precision), scratch)
    scratch.replace(target)


def build_graph(config: dict[str, Any], weights: Weights, precision: Precision) -> onnx.ModelProto:
    """The graph; int8 concerns the dense layers, word vectors are kept as float16."""
    graph = _Graph(precision)
    hidden = _embed(graph, config, weights)
    lengths = _lengths(graph)
    for layer in range(config["num_hidden_layers"]):
        hidden = _layer(graph, config, weights, layer, hidden, lengths)
    _pool(graph, hidden)
    axes = ["n", "tokens"]
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, axes) for name in INPUTS]
    shape = ["n", config["hidden_size"]]
    output = helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, shape)
    return helper.make_model(
        helper.make_graph(graph.nodes, "encoder", inputs, [output], graph.constants),
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(FUSED_DOMAIN, 1)],
        ir_version=9,
    )


def _float(weights: Weights, name: str) -> NDArray[np.float32]:
    return weights[name].astype(np.float32)


def _embed(graph: _Graph, config: dict[str, Any], weights: Weights) -> str:
    table = weights["embeddings.word_embeddings.weight"]
    words = graph.constant("words", table.astype(np.float16))
    # Every token is of type 0, so its vector is part of the position.
    places = _float(weights, "embeddings.position_embeddings.weight")
    places = places + _float(weights, "embeddings.token_type_embeddings.weight")[0]
    graph.constant("positions", places)
    for name, value in (("zero", [0]), ("one", [1]), ("two", [2])):
        graph.constant(name, np.array(value, np.int64))
    graph.node("Shape", ["input_ids"], "shape")
    graph.node("Slice", ["shape", "one", "two", "zero"], "token_count")
    graph.node("Slice", ["positions", "zero", "token_count", "zero"], "position_rows")
    graph.node("Gather", [words, "input_ids"], "word_halves")
    graph.node("Cast", ["word_halves"], "word_rows", to=TensorProto.FLOAT)
    graph.node("Add", ["word_rows", "position_rows"], "embedded")
    return _norm(graph, config, weights, "embeddings.LayerNorm", "embedded")


def _norm(graph: _Graph, config: dict[str, Any], weights: Weights, name: str, source: str) -> str:
    scale = graph.constant(f"{name}.scale", _float(weights, f"{name}.weight"))
    shift = graph.constant(f"{name}.shift", _float(weights, f"{name}.bias"))
    return graph.node(
        "LayerNormalization",
        [source, scale, shift],
        f"{name}.out",
        epsilon=config["layer_norm_eps"],
    )


def _lengths(graph: _Graph) -> str:
    """Tokens per text: the form of mask that onnxruntime's attention takes for right padding."""
    graph.node("Cast", ["attention_mask"], "mask32", to=TensorProto.INT32)
    return graph.node("ReduceSum", ["mask32", "one"], "lengths", keepdims=0)


def _matmul(graph: _Graph, weights: Weights, names: list[str], source: str, output: str) -> str:
    """Multiplies by the dense weights of `names`, side by side; biases are added later."""
    matrix = np.concatenate([_float(weights, f"{name}.weight").T for name in names], axis=1)
    outliers = names[0].endswith("output.dense") and "attention" not in names[0]
    if graph.precision == "fp32" or (graph.precision == "mixed" and outliers):
        return graph.node("MatMul", [source, graph.constant(f"{output}.w", matrix)], output)
    scale = np.maximum(np.abs(matrix).max(axis=0), SMALLEST_NORM) / WEIGHT_MAXIMUM
    graph.constant(f"{output}.w", np.rint(matrix / scale).astype(np.int8))
    graph.constant(f"{output}.scale", scale.astype(np.float32))
    inputs = [source, f"{output}.w", f"{output}.scale"]
    return graph.fused("DynamicQuantizeMatMul", inputs, output)


def _bias(graph: _Graph, weights: Weights, names: list[str]) -> str:
    bias = np.concatenate([_float(weights, f"{name}.bias") for name in names])
    return graph.constant(f"{names[0]}.bias", bias)


def _layer(
    graph: _Graph, config: dict[str, Any], weights: Weights, layer: int, hidden: str, lengths: str
) -> str:
    prefix = f"encoder.layer.{layer}"
    names = [f"{prefix}.attention.self.{part}" for part in ("query", "key", "value")]
    packed = _matmul(graph, weights, names, hidden, f"{prefix}.qkv")
    graph.split(packed, names)
    context = graph.fused(
        "MultiHeadAttention",
        [*names, _bias(graph, weights, names), lengths],
        f"{prefix}.context",
        num_heads=config["num_attention_heads"],
    )
    attended = _add_norm(graph, config, weights, f"{prefix}.attention.output", context, hidden)
    dense = f"{prefix}.intermediate.dense"
    inner = _matmul(graph, weights, [dense], attended, f"{dense}.product")
    active = graph.fused("BiasGelu", [inner, _bias(graph, weights, [dense])], f"{prefix}.gelu")
    return _add_norm(graph, config, weights, f"{prefix}.output", active, attended)


def _add_norm(
    graph: _Graph, config: dict[str, Any], weights: Weights, name: str, source: str, skip: str
) -> str:
    product = _matmul(graph, weights, [f"{name}.dense"], source, f"{name}.product")
    bias = _bias(graph, weights, [f"{name}.dense"])
    scale = graph.constant(f"{name}.scale", _float(weights, f"{name}.LayerNorm.weight"))
    shift = graph.constant(f"{name}.shift", _float(weights, f"{name}.LayerNorm.bias"))
    return graph.fused(
        "SkipLayerNormalization",
        [product, skip, scale, shift, bias],
        f"{name}.out",
        epsilon=config["layer_norm_eps"],
    )


def _pool(graph: _Graph, hidden: str) -> None:
    """Mean over the tokens that are not padding, then unit length."""
    graph.node("Cast", ["attention_mask"], "mask", to=TensorProto.FLOAT)
    graph.node("Unsqueeze", ["mask", "two"], "mask_column")
    graph.node("Mul", [hidden, "mask_column"], "kept")
    graph.node("ReduceSum", ["kept", "one"], "sum", keepdims=0)
    graph.node("ReduceL2", ["sum"], "norm", axes=[1], keepdims=1)
    graph.constant("smallest", np.array(SMALLEST_NORM, np.float32))
    graph.node("Max", ["norm", "smallest"], "safe_norm")
    graph.node("Div", ["sum", "safe_norm"], OUTPUT)
