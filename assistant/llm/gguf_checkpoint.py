"""Converts a Qwen2 GGUF file to a Hugging Face folder, one shard at a time.

Weights are dequantised by the `gguf` package. In int8 the projections become int8, symmetric
per output channel, with bfloat16 scales, in the compressed-tensors format "int-quantized"
(activations are quantised per token as they run, as in Dettmers et al. 2022); embeddings, norms
and the output head stay bfloat16.
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
from gguf import GGUFReader, dequantize
from gguf.gguf_reader import ReaderTensor
from ml_dtypes import bfloat16
from numpy.typing import NDArray
from safetensors.numpy import save_file

from assistant.errors import WeightsError
from assistant.llm.gguf_tokenizer import write_tokenizer
from retrieval.types import ProgressListener

Precision = Literal["int8", "bf16"]
Array = NDArray[Any]
"""int8 or bfloat16 (which numpy knows through ml_dtypes)."""

ROWS_AT_ONCE = 4096
"""Rows dequantised together: 25 MB of float32 for a width of 1,536, so memory follows the
shard that is written and not the largest tensor."""

LAYERS_PER_SHARD = 4
"""A shard of 4 layers of the 1.5B model is 190 MB in int8: little to redo when interrupted."""

INT8_MAXIMUM = 127
TRANSFORMERS_VERSION = "5.0.0"
"""Named in config.json because transformers warns of Mistral's old regex without it; the
pre-tokenizer written here is Qwen2's own."""

TENSOR_NAMES = {
    "token_embd": "model.embed_tokens",
    "output_norm": "model.norm",
    "output": "lm_head",
}
LAYER_NAMES = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}


def convert_gguf(
    source: Path, folder: Path, precision: Precision, listener: ProgressListener
) -> None:
    """Fills `folder`; shards that are already there are kept.

    Peak memory is about one shard. Raises WeightsError when the file is not a Qwen2 model.
    """
    reader = GGUFReader(source)
    metadata = {name: field.contents() for name, field in reader.fields.items()}
    if metadata.get("general.architecture") != "qwen2":
        raise WeightsError(
            f"{source.name} is a {metadata.get('general.architecture')} model, expected qwen2."
        )
    shards = _plan_shards(reader.tensors)
    total = sum(int(tensor.n_bytes) for tensor in reader.tensors)
    done = 0
    for number, tensors in enumerate(shards, 1):
        listener(done, total, f"converting to {precision}")
        path = folder / f"model-{number:05d}-of-{len(shards):05d}.safetensors"
        if not path.exists():
            _write_shard(reader, tensors, path, precision)
        done += sum(int(tensor.n_bytes) for tensor in tensors)
    _write_index(folder)
    tied = not any(tensor.name == "output.weight" for tensor in reader.tensors)
    config = model_config(metadata, len(metadata["tokenizer.ggml.tokens"]), tied, precision)
    _write_json(folder / "config.json", config)
    _write_json(folder / "generation_config.json", _generation_config(metadata))
    write_tokenizer(metadata, folder)
    listener(total, total, "")


def huggingface_name(name: str) -> str:
    """The Hugging Face name of a GGUF tensor, e.g. blk.0.attn_q.weight."""
    parts = name.split(".")
    try:
        if parts[0] == "blk":
            return f"model.layers.{parts[1]}.{LAYER_NAMES[parts[2]]}.{parts[3]}"
        return f"{TENSOR_NAMES[parts[0]]}.{parts[1]}"
    except (KeyError, IndexError):
        raise WeightsError(f"The GGUF tensor {name} does not belong to a Qwen2 model.") from None


def _plan_shards(tensors: list[ReaderTensor]) -> list[list[ReaderTensor]]:
    """Whatever is outside the layers has a shard each; layers go in groups."""
    shards: dict[str, list[ReaderTensor]] = {}
    for tensor in tensors:
        parts = tensor.name.split(".")
        layer = int(parts[1]) // LAYERS_PER_SHARD if parts[0] == "blk" else -1
        key = f"layers-{layer:05d}" if layer >= 0 else parts[0]
        shards.setdefault(key, []).append(tensor)
    return [shards[key] for key in sorted(shards)]


def _write_shard(
    reader: GGUFReader, tensors: list[ReaderTensor], path: Path, precision: Precision
) -> None:
    data: dict[str, Array] = {}
    for tensor in tensors:
        name = huggingface_name(tensor.name)
        if precision == "int8" and name.endswith("_proj.weight"):
            data[name], data[f"{name}_scale"] = _int8_tensor(tensor)
        else:
            data[name] = _bf16_tensor(tensor)
        _release_pages(reader)
    scratch = path.with_name(path.name + ".writing")
    save_file(data, scratch, metadata={"format": "pt"})
    scratch.replace(path)


def _row_blocks(tensor: ReaderTensor) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """The tensor's rows as float32, a few thousand at a time."""
    rows = tensor.data if tensor.data.ndim > 1 else tensor.data[None]
    for start in range(0, len(rows), ROWS_AT_ONCE):
        block = slice(start, min(start + ROWS_AT_ONCE, len(rows)))
        yield block, np.asarray(dequantize(rows[block], tensor.tensor_type), np.float32)


def _shape(tensor: ReaderTensor) -> list[int]:
    """GGUF writes the fastest axis first."""
    return [int(length) for length in reversed(tensor.shape)]


def _bf16_tensor(tensor: ReaderTensor) -> Array:
    shape = _shape(tensor)
    out = np.empty((int(np.prod(shape[:-1])), shape[-1]), bfloat16)
    for block, values in _row_blocks(tensor):
        out[block] = values
    return out.reshape(shape)


def _int8_tensor(tensor: ReaderTensor) -> tuple[Array, Array]:
    rows, columns = _shape(tensor)
    weights, scales = np.empty((rows, columns), np.int8), np.empty((rows, 1), bfloat16)
    for block, values in _row_blocks(tensor):
        weights[block], scales[block] = quantise_rows(values)
    return weights, scales


def quantise_rows(values: NDArray[np.float32]) -> tuple[Array, Array]:
    """int8 rows and their bfloat16 scales, shape (rows, 1).

    Weights are divided by the scale as it is stored, so its rounding costs nothing more than
    clipping the largest weights of a row by at most one part in 256.
    """
    largest = np.abs(values).max(axis=1, keepdims=True)
    scales = np.where(largest > 0, largest / INT8_MAXIMUM, 1).astype(bfloat16)
    quotients = np.rint(values / scales.astype(np.float32))
    return np.clip(quotients, -INT8_MAXIMUM, INT8_MAXIMUM).astype(np.int8), scales


def _release_pages(reader: GGUFReader) -> None:
    """Pages of the source that were read count as ours until they are given back."""
    mapped = getattr(reader.data, "_mmap", None)
    if mapped is not None and hasattr(mmap, "MADV_DONTNEED"):
        mapped.madvise(mmap.MADV_DONTNEED)


def _write_index(folder: Path) -> None:
    """model.safetensors.index.json: which shard holds which tensor, and the whole size."""
    places: dict[str, str] = {}
    size = 0
    for path in sorted(folder.glob("model-*.safetensors")):
        with path.open("rb") as file:
            header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        for name, entry in header.items():
            if name != "__metadata__":
                places[name] = path.name
                size += entry["data_offsets"][1] - entry["data_offsets"][0]
    index = {"metadata": {"total_size": size}, "weight_map": dict(sorted(places.items()))}
    _write_json(folder / "model.safetensors.index.json", index)


def model_config(
    metadata: dict[str, Any], vocabulary: int, tied: bool, precision: Precision
) -> dict[str, Any]:
    """config.json, read from the GGUF's metadata."""
    config: dict[str, Any] = {
        "architectures": ["Qwen2ForCausalLM"],
        "model_type": "qwen2",
        "hidden_size": metadata["qwen2.embedding_length"],
        "intermediate_size": metadata["qwen2.feed_forward_length"],
        "num_hidden_layers": metadata["qwen2.block_count"],
        "num_attention_heads": metadata["qwen2.attention.head_count"],
        "num_key_value_heads": metadata["qwen2.attention.head_count_kv"],
        "rms_norm_eps": round(float(metadata["qwen2.attention.layer_norm_rms_epsilon"]), 9),
        "rope_theta": float(metadata["qwen2.rope.freq_base"]),
        "max_position_embeddings": metadata["qwen2.context_length"],
        "vocab_size": vocabulary,
        "tie_word_embeddings": tied,
        "hidden_act": "silu",
        "dtype": "bfloat16",
        "bos_token_id": metadata["tokenizer.ggml.bos_token_id"],
        "eos_token_id": metadata["tokenizer.ggml.eos_token_id"],
        "use_sliding_window": False,
        "attention_dropout": 0.0,
        "transformers_version": TRANSFORMERS_VERSION,
    }
    if precision == "int8":
        config["quantization_config"] = _quantization_config()
    return config


def _quantization_config() -> dict[str, Any]:
    common = {"num_bits": 8, "type": "int", "symmetric": True}
    return {
        "quant_method": "compressed-tensors",
        "format": "int-quantized",
        "quantization_status": "compressed",
        "ignore": ["lm_head"],
        "config_groups": {
            "group_0": {
                "targets": ["Linear"],
                "weights": {**common, "strategy": "channel", "dynamic": False},
                "input_activations": {**common, "strategy": "token", "dynamic": True},
                "output_activations": None,
            }
        },
    }


def _generation_config(metadata: dict[str, Any]) -> dict[str, Any]:
    end = metadata["tokenizer.ggml.eos_token_id"]
    padding = metadata["tokenizer.ggml.padding_token_id"]
    return {
        "bos_token_id": metadata["tokenizer.ggml.bos_token_id"],
        "eos_token_id": [end, padding],
        "pad_token_id": padding,
        "do_sample": False,
    }


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2), "utf-8")
