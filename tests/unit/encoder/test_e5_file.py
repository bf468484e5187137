"""Decoding the 4-bit e5 file, from a tiny one written here in the same layout."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from gguf import GGMLQuantizationType, dequantize, quantize
from numpy.typing import NDArray
from safetensors.numpy import load_file
from tokenizers import Tokenizer, normalizers

from retrieval.errors import WeightsError
from retrieval.index.e5 import LAYER_TENSORS, read_e5, write_e5_folder
from retrieval.index.e5_tokenizer import precompile_map

HIDDEN, LAYERS, HEADS, INNER, WORDS, POSITIONS = 32, 2, 2, 64, 12, 16
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "a", "b", "▁ab", "中", "文", "1", "<mask>"]
REPLACEMENTS = {"Ａ": "a", "①": "1", "\u200b": " ", "\u0001": "", "ﬀ": "ab", "㍿": "中文"}


def tensors() -> dict[str, NDArray[np.float32]]:
    random = np.random.default_rng(3)
    sizes: dict[str, tuple[int, ...]] = {
        "emb.word": (WORDS, HIDDEN),
        "emb.pos": (POSITIONS, HIDDEN),
        "emb.type": (2, HIDDEN),
        "emb.ln.w": (HIDDEN,),
        "emb.ln.b": (HIDDEN,),
    }
    for layer in range(LAYERS):
        for name in LAYER_TENSORS:
            rows, columns = {"fi": (INNER, HIDDEN), "fo": (HIDDEN, INNER)}.get(
                name, (HIDDEN, HIDDEN)
            )
            norm = name.endswith("ln")
            sizes[f"l{layer}.{name}.w"] = (HIDDEN,) if norm else (rows, columns)
            sizes[f"l{layer}.{name}.b"] = (rows,)
    return {n: random.normal(0, 0.1, size).astype(np.float32) for n, size in sizes.items()}


def is_quantised(name: str) -> bool:
    return name == "emb.word" or (name.endswith(".w") and "ln" not in name)


def write_file(path: Path) -> dict[str, NDArray[np.float32]]:
    """Writes the file; returns what its tensors hold once they are four bits."""
    blob = [piece.encode() for piece in PIECES]
    offsets = np.cumsum([0, *map(len, blob)]).astype("<u4")
    scores = -np.arange(len(PIECES), dtype="<f4") / 10
    head = b"E5S1" + struct.pack("<I", 1)
    head += struct.pack("<7ifi", HIDDEN, LAYERS, HEADS, INNER, WORDS, POSITIONS, 2, 1e-12, 32)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, sum(map(len, blob)))
    head += offsets.tobytes() + scores.tobytes() + b"".join(blob)
    entries = b"".join(
        struct.pack(f"<IB{len(target)}I", ord(source), len(target), *map(ord, target))
        for source, target in REPLACEMENTS.items()
    )
    head += struct.pack("<iI", len(REPLACEMENTS), len(entries)) + entries
    values, stored, expected = tensors(), {}, {}
    for name, value in values.items():
        if is_quantised(name):
            quantised = quantize(value, GGMLQuantizationType.Q4_0)
            stored[name] = quantised.tobytes()
            expected[name] = dequantize(quantised, GGMLQuantizationType.Q4_0)
        else:
            stored[name], expected[name] = value.tobytes(), value
    start = len(head) + 4 + sum(2 + len(name) + 21 for name in stored)
    directory, body = struct.pack("<i", len(stored)), b""
    for name, raw in stored.items():
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack(
            "<BIQQ", is_quantised(name), values[name].size, start + len(body), len(raw)
        )
        body += raw
    path.write_bytes(head + directory + body)
    return expected


def test_every_tensor_is_decoded_under_its_bert_name(tmp_path: Path) -> None:
    expected = write_file(tmp_path / "e5.bin")
    write_e5_folder(read_e5(tmp_path / "e5.bin"), tmp_path / "folder")
    got = load_file(tmp_path / "folder" / "model.safetensors")
    assert len(got) == 5 + LAYERS * 16
    pairs = {
        "embeddings.word_embeddings.weight": "emb.word",
        "embeddings.token_type_embeddings.weight": "emb.type",
        "encoder.layer.1.attention.self.key.weight": "l1.k.w",
        "encoder.layer.0.output.dense.weight": "l0.fo.w",
        "encoder.layer.1.intermediate.dense.bias": "l1.fi.b",
        "encoder.layer.0.attention.output.LayerNorm.weight": "l0.aln.w",
    }
    for name, short in pairs.items():
        np.testing.assert_allclose(got[name], expected[short], atol=2e-4, err_msg=name)
        assert got[name].shape == expected[short].shape


def test_tokenizer_reads_the_vocabulary(tmp_path: Path) -> None:
    write_file(tmp_path / "e5.bin")
    write_e5_folder(read_e5(tmp_path / "e5.bin"), tmp_path / "folder")
    tokenizer = Tokenizer.from_file(str(tmp_path / "folder" / "tokenizer.json"))
    tokens = tokenizer.encode("ab ①\u200b中文\u0001").tokens
    assert tokens == ["<s>", "▁ab", "▁", "1", "▁", "中", "文", "</s>"]
    assert len(tokenizer.encode("ab " * 100).ids) == POSITIONS
    prompts = json.loads((tmp_path / "folder/config_sentence_transformers.json").read_text())
    assert prompts["prompts"] == {"query": "query: ", "document": "passage: "}


@pytest.mark.parametrize("size", [3, 40, 120])
def test_cut_file_is_refused(tmp_path: Path, size: int) -> None:
    write_file(tmp_path / "e5.bin")
    (tmp_path / "cut.bin").write_bytes((tmp_path / "e5.bin").read_bytes()[:size])
    with pytest.raises(WeightsError):
        read_e5(tmp_path / "cut.bin")


def test_precompiled_map_replaces_what_it_holds_and_nothing_else() -> None:
    random = np.random.default_rng(11)
    points = random.choice(np.arange(0x100, 0xD000), 3000, replace=False)
    mapped = {chr(p): chr(p + 1) * int(p % 3) for p in points[:2000].tolist()}
    normalizer = normalizers.Precompiled(precompile_map(mapped))
    for source, target in mapped.items():
        assert normalizer.normalize_str(source) == target
    for point in points[2000:].tolist():
        assert normalizer.normalize_str(chr(point)) == chr(point)
