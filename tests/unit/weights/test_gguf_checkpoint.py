"""A tiny Qwen2 GGUF file, written with the gguf package, becomes a Hugging Face folder."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from gguf import GGMLQuantizationType, GGUFReader, GGUFWriter, dequantize, quantize
from ml_dtypes import bfloat16
from numpy.typing import NDArray
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from assistant.errors import WeightsError
from assistant.llm.gguf_checkpoint import convert_gguf, huggingface_name, quantise_rows

HIDDEN, INNER, LAYERS, HEADS, VALUE_HEADS = 64, 96, 6, 4, 2
TOKENS = [
    "a",
    "b",
    "c",
    "d",
    "Ġ",
    "ab",
    "Ġd",
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<tool_call>",
    "[PAD11]",
]
TYPES = [1, 1, 1, 1, 1, 1, 1, 3, 3, 3, 4, 5]


def silent(done: int, total: int | None, note: str = "") -> None:
    """No listener."""


def shapes() -> dict[str, tuple[int, ...]]:
    """Tensor shapes, rows first."""
    values = HIDDEN // HEADS * VALUE_HEADS
    result: dict[str, tuple[int, ...]] = {
        "token_embd.weight": (len(TOKENS), HIDDEN),
        "output.weight": (len(TOKENS), HIDDEN),
        "output_norm.weight": (HIDDEN,),
    }
    for layer in range(LAYERS):
        for name, shape in {
            "attn_q.weight": (HIDDEN, HIDDEN),
            "attn_q.bias": (HIDDEN,),
            "attn_k.weight": (values, HIDDEN),
            "attn_k.bias": (values,),
            "attn_v.weight": (values, HIDDEN),
            "attn_v.bias": (values,),
            "attn_output.weight": (HIDDEN, HIDDEN),
            "attn_norm.weight": (HIDDEN,),
            "ffn_norm.weight": (HIDDEN,),
            "ffn_gate.weight": (INNER, HIDDEN),
            "ffn_up.weight": (INNER, HIDDEN),
            "ffn_down.weight": (HIDDEN, INNER),
        }.items():
            result[f"blk.{layer}.{name}"] = shape
    return result


def write_gguf(path: Path, architecture: str = "qwen2", tied: bool = False) -> None:
    writer = GGUFWriter(path, architecture)
    writer.add_block_count(LAYERS)
    writer.add_context_length(512)
    writer.add_embedding_length(HIDDEN)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(VALUE_HEADS)
    writer.add_rope_freq_base(1e6)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(TOKENS)
    writer.add_token_types(TYPES)
    writer.add_token_merges(["a b", "Ġ d"])
    writer.add_eos_token_id(9)
    writer.add_pad_token_id(7)
    writer.add_bos_token_id(7)
    writer.add_chat_template("{{ messages[0]['content'] }}")
    random = np.random.default_rng(5)
    for name, shape in shapes().items():
        if tied and name == "output.weight":
            continue
        values = random.normal(0, 0.05, shape).astype(np.float32)
        if len(shape) == 1:
            writer.add_tensor(name, values)
            continue
        kind = GGMLQuantizationType.Q8_0
        writer.add_tensor(name, quantize(values, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@pytest.fixture
def gguf_file(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.gguf"
    write_gguf(path)
    return path


def load_folder(folder: Path) -> dict[str, NDArray[np.generic]]:
    index = json.loads((folder / "model.safetensors.index.json").read_text())
    files = set(index["weight_map"].values())
    tensors = {name: t for file in files for name, t in load_file(folder / file).items()}
    assert tensors.keys() == index["weight_map"].keys()
    assert sum(t.nbytes for t in tensors.values()) == index["metadata"]["total_size"]
    return tensors


def convert(source: Path, folder: Path, precision: str) -> dict[str, NDArray[np.generic]]:
    folder.mkdir()
    convert_gguf(source, folder, "int8" if precision == "int8" else "bf16", silent)
    return load_folder(folder)


def originals(path: Path) -> dict[str, NDArray[np.float32]]:
    tensors = GGUFReader(path).tensors
    return {huggingface_name(t.name): dequantize(t.data, t.tensor_type) for t in tensors}


def test_bf16_is_the_rounded_original(gguf_file: Path, tmp_path: Path) -> None:
    tensors = convert(gguf_file, tmp_path / "out", "bf16")
    expected = originals(gguf_file)
    assert tensors.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(tensors[name], value.astype(bfloat16), err_msg=name)


def test_int8_keeps_every_weight_within_one_step(gguf_file: Path, tmp_path: Path) -> None:
    tensors = convert(gguf_file, tmp_path / "out", "int8")
    projections = 0
    for name, value in originals(gguf_file).items():
        if not name.endswith("_proj.weight"):
            assert tensors[name].dtype == bfloat16
            continue
        projections += 1
        assert tensors[name].dtype == np.int8 and tensors[name].shape == value.shape
        scale = tensors[f"{name}_scale"].astype(np.float32)
        assert scale.shape == (len(value), 1)
        error = np.abs(tensors[name].astype(np.float32) * scale - value)
        assert (error <= 0.51 * scale).mean() > 0.99
        assert (error <= scale).all()
    assert projections == 7 * LAYERS


def test_config_says_what_the_weights_are(gguf_file: Path, tmp_path: Path) -> None:
    convert(gguf_file, tmp_path / "out", "int8")
    config = json.loads((tmp_path / "out" / "config.json").read_text())
    assert config["num_key_value_heads"] == VALUE_HEADS
    assert config["vocab_size"] == len(TOKENS)
    assert config["tie_word_embeddings"] is False
    quantisation = config["quantization_config"]
    assert quantisation["format"] == "int-quantized"
    assert quantisation["ignore"] == ["lm_head"]


def test_model_without_an_output_head_is_tied(tmp_path: Path) -> None:
    path = tmp_path / "tied.gguf"
    write_gguf(path, tied=True)
    tensors = convert(path, tmp_path / "out", "int8")
    assert "lm_head.weight" not in tensors
    assert json.loads((tmp_path / "out" / "config.json").read_text())["tie_word_embeddings"]


def test_only_missing_shards_are_written_again(gguf_file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    before = convert(gguf_file, folder, "int8")
    shards = sorted(folder.glob("model-*.safetensors"))
    assert len(shards) == 5  # two groups of layers, embeddings, norm, head
    shards[1].unlink()
    times = {path: path.stat().st_mtime_ns for path in shards if path.exists()}
    convert_gguf(gguf_file, folder, "int8", silent)
    assert {path: path.stat().st_mtime_ns for path in times} == times
    after = load_folder(folder)
    assert all(np.array_equal(before[name], after[name]) for name in before)


def test_tokenizer_round_trips_and_knows_its_special_tokens(
    gguf_file: Path, tmp_path: Path
) -> None:
    convert(gguf_file, tmp_path / "out", "bf16")
    tokenizer = Tokenizer.from_file(str(tmp_path / "out" / "tokenizer.json"))
    encoding = tokenizer.encode("<|im_start|>abc d<|im_end|>")
    assert encoding.tokens == ["<|im_start|>", "ab", "c", "Ġd", "<|im_end|>"]
    assert tokenizer.decode(encoding.ids) == "abc d"
    assert tokenizer.token_to_id("[PAD11]") is None
    config = json.loads((tmp_path / "out" / "tokenizer_config.json").read_text())
    assert (config["eos_token"], config["pad_token"]) == ("<|im_end|>", "<|endoftext|>")
    assert "messages" in (tmp_path / "out" / "chat_template.jinja").read_text()


def test_other_architectures_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "llama.gguf"
    write_gguf(path, architecture="llama")
    with pytest.raises(WeightsError, match="llama model, expected qwen2"):
        convert(path, tmp_path / "out", "int8")


def test_unknown_tensor_is_refused() -> None:
    with pytest.raises(WeightsError, match=r"blk\.0\.ssm"):
        huggingface_name("blk.0.ssm_a.weight")


def test_row_of_zeros_has_a_scale() -> None:
    weights, scales = quantise_rows(np.zeros((2, 8), np.float32))
    assert not weights.any() and np.isfinite(scales.astype(np.float32)).all()
