"""Writes EfficientNet-Lite0 (Tan & Le 2019) up to its last block as an ONNX graph.

The scaling of pixels, mean pooling and L2 normalisation are inside and batch norms are folded
into the convolutions, so the graph takes bytes and neither torch nor a model's code is needed
to run it. Head and classifier are left out: they know ImageNet's classes, the block before
them tells products apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from retrieval.errors import WeightsError

OPSET = 17
IR_VERSION = 10
"""What onnxruntime reads since 1.19; onnx itself would write a newer one."""

INPUT = "pixels"
OUTPUT = "embedding"
SIDE = 224
"""Height and width in pixels that the network was trained with."""

PIXEL_MEAN, PIXEL_SCALE = 127.0, 128.0
NORM_EPSILON = 1e-3
SMALLEST_NORM = 1e-12

Weights = dict[str, NDArray[np.float32]]


class Stage(NamedTuple):
    """Blocks of one kind: their number, kernel, first stride, expansion, output channels."""

    repeats: int
    kernel: int
    stride: int
    expand: int
    channels: int


STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)
DIMENSIONS = STAGES[-1].channels


def read_checkpoint(path: Path) -> Weights:
    """The tensors of a PyTorch file by name; nothing in it is executed."""
    import torch

    try:
        state = torch.load(path, weights_only=True, map_location="cpu")
        return {name: tensor.numpy() for name, tensor in state.items()}
    except (OSError, RuntimeError, AttributeError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise WeightsError(f"{path.name} cannot be read: {reason}") from None


def write_image_graph(weights: Weights, target: Path) -> None:
    """Writes `target`; raises WeightsError when a tensor is missing.

    Input: ``pixels``, uint8 of shape (n, 224, 224, 3), RGB. Output: ``embedding``, float32 of
    shape (n, 320), L2-normalised.
    """
    try:
        model = build_graph(weights)
    except KeyError as error:
        raise WeightsError(
            f"The checkpoint has no tensor {error}.", remedy="It must be EfficientNet-Lite0."
        ) from None
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = target.with_name(target.name + ".writing")
    onnx.save(model, scratch)
    scratch.replace(target)


def build_graph(weights: Weights) -> onnx.ModelProto:
    """The whole graph; see `write_image_graph`."""
    graph = _Graph(weights)
    hidden = graph.scale_pixels()
    hidden = graph.convolve(hidden, "_conv_stem", "_bn0", "stem", stride=2, clip=True)
    number, channels = 0, 32
    for stage in STAGES:
        for repeat in range(stage.repeats):
            stride = stage.stride if repeat == 0 else 1
            hidden = graph.block(hidden, number, stage, stride, channels)
            number, channels = number + 1, stage.channels
    graph.pool(hidden)
    return helper.make_model(
        helper.make_graph(
            graph.nodes,
            "efficientnet-lite0",
            [helper.make_tensor_value_info(INPUT, TensorProto.UINT8, ["n", SIDE, SIDE, 3])],
            [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["n", DIMENSIONS])],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )


@dataclass(slots=True)
class _Graph:
    """Nodes and constants under construction; methods return the name of their output."""

    weights: Weights
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: list[onnx.TensorProto] = field(default_factory=list)

    def constant(self, name: str, value: NDArray[Any]) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def scale_pixels(self) -> str:
        """Bytes to about -1 … 1, channels first."""
        floats = self.node("Cast", [INPUT], "floats", to=TensorProto.FLOAT)
        mean = self.constant("pixel_mean", np.float32(PIXEL_MEAN).reshape(1))
        scale = self.constant("pixel_scale", np.float32(PIXEL_SCALE).reshape(1))
        centred = self.node("Sub", [floats, mean], "centred")
        scaled = self.node("Div", [centred, scale], "scaled")
        self.constant("zero", np.array(0, np.float32))
        self.constant("six", np.array(6, np.float32))
        return self.node("Transpose", [scaled], "input", perm=[0, 3, 1, 2])

    def block(self, source: str, number: int, stage: Stage, stride: int, channels: int) -> str:
        """An inverted residual (Sandler et al. 2018) without squeeze and excitation."""
        prefix, name = f"_blocks.{number}.", f"block{number}"
        hidden = source
        if stage.expand > 1:
            hidden = self.convolve(
                hidden, f"{prefix}_expand_conv", f"{prefix}_bn0", f"{name}.expand", clip=True
            )
        hidden = self.convolve(
            hidden,
            f"{prefix}_depthwise_conv",
            f"{prefix}_bn1",
            f"{name}.depthwise",
            stride=stride,
            groups=channels * stage.expand,
            clip=True,
        )
        hidden = self.convolve(hidden, f"{prefix}_project_conv", f"{prefix}_bn2", f"{name}.project")
        if stride == 1 and channels == stage.channels:
            hidden = self.node("Add", [source, hidden], f"{name}.sum")
        return hidden

    def convolve(
        self,
        source: str,
        kernel: str,
        norm: str,
        output: str,
        *,
        stride: int = 1,
        groups: int = 1,
        clip: bool = False,
    ) -> str:
        """A convolution with its batch norm folded in, padded as TensorFlow pads; ReLU6."""
        weight = self.weights[f"{kernel}.weight"]
        variance = self.weights[f"{norm}.running_var"]
        scale = self.weights[f"{norm}.weight"] / np.sqrt(variance + NORM_EPSILON)
        bias = self.weights[f"{norm}.bias"] - self.weights[f"{norm}.running_mean"] * scale
        folded = (weight * scale[:, None, None, None]).astype(np.float32)
        inputs = [
            source,
            self.constant(f"{output}.weight", folded),
            self.constant(f"{output}.bias", bias.astype(np.float32)),
        ]
        hidden = self.node(
            "Conv",
            inputs,
            f"{output}.conv" if clip else output,
            strides=[stride, stride],
            group=groups,
            auto_pad="SAME_UPPER",
        )
        return self.node("Clip", [hidden, "zero", "six"], output) if clip else hidden

    def pool(self, source: str) -> None:
        """The mean over the map, at length 1."""
        pooled = self.node("ReduceMean", [source], "pooled", axes=[2, 3], keepdims=0)
        length = self.node("ReduceL2", [pooled], "length", axes=[1], keepdims=1)
        smallest = self.constant("smallest", np.float32(SMALLEST_NORM).reshape(1))
        self.node("Div", [pooled, self.node("Max", [length, smallest], "divisor")], OUTPUT)
