"""The ONNX graph against a plain numpy BERT, on a tiny model with random weights."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from math import erf
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import save_file

from retrieval.errors import WeightsError
from retrieval.index.e5_tokenizer import Vocabulary, build_tokenizer
from retrieval.index.encoder import load_encoder
from retrieval.index.encoder_graph import Precision, write_encoder_graph
from retrieval.index.encoder_onnx import BATCH_TOKENS, GRAPH, OnnxEncoder, batch_by_length

HIDDEN, INNER, LAYERS, HEADS = 64, 128, 2, 4
WORDS = ("red", "shoe", "blue", "cup", "鞋", "杯")
PIECES = ("<s>", "<pad>", "</s>", "<unk>", "▁", *WORDS, *(f"▁{word}" for word in WORDS))
TEXTS = ["red shoe", "blue cup red cup", "鞋 杯", "cup", "", "red " * 50, "shoe shoe cup"]

Weights = dict[str, NDArray[np.float32]]


def random_weights() -> Weights:
    random = np.random.default_rng(1)
    weights = {
        "embeddings.word_embeddings.weight": random.normal(0, 1, (len(PIECES), HIDDEN)),
        "embeddings.position_embeddings.weight": random.normal(0, 0.3, (128, HIDDEN)),
        "embeddings.token_type_embeddings.weight": random.normal(0, 0.3, (2, HIDDEN)),
        "embeddings.LayerNorm.weight": random.normal(1, 0.1, HIDDEN),
        "embeddings.LayerNorm.bias": random.normal(0, 0.1, HIDDEN),
    }
    shapes = {
        "attention.self.query": (HIDDEN, HIDDEN),
        "attention.self.key": (HIDDEN, HIDDEN),
        "attention.self.value": (HIDDEN, HIDDEN),
        "attention.output.dense": (HIDDEN, HIDDEN),
        "intermediate.dense": (INNER, HIDDEN),
        "output.dense": (HIDDEN, INNER),
    }
    for layer in range(LAYERS):
        prefix = f"encoder.layer.{layer}."
        for name, shape in shapes.items():
            weights[f"{prefix}{name}.weight"] = random.normal(0, 0.1, shape)
            weights[f"{prefix}{name}.bias"] = random.normal(0, 0.1, shape[0])
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            weights[f"{prefix}{name}.weight"] = random.normal(1, 0.1, HIDDEN)
            weights[f"{prefix}{name}.bias"] = random.normal(0, 0.1, HIDDEN)
    return {
        name: np.asarray(value, np.float16).astype(np.float32) for name, value in weights.items()
    }


def make_folder(folder: Path, precision: Precision, **config: Any) -> Path:
    folder.mkdir(parents=True)
    settings = {
        "model_type": "bert",
        "hidden_act": "gelu",
        "hidden_size": HIDDEN,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "layer_norm_eps": 1e-12,
    }
    (folder / "config.json").write_text(json.dumps(settings | config))
    (folder / "modules.json").write_text("[]")
    prompts = {"prompts": {"query": "red ", "document": ""}}
    (folder / "config_sentence_transformers.json").write_text(json.dumps(prompts))
    save_file(random_weights(), folder / "model.safetensors")
    scores = tuple(-float(len(PIECES) - i) for i in range(len(PIECES)))
    special = {"bos": 0, "pad": 1, "eos": 2, "unk": 3}
    tokenizer = build_tokenizer(Vocabulary(PIECES, scores, special, {}), 128)
    tokenizer.save(str(folder / "tokenizer.json"))
    write_encoder_graph(folder, folder / GRAPH, precision)
    return folder


@pytest.fixture
def exact(tmp_path: Path) -> OnnxEncoder:
    return OnnxEncoder(make_folder(tmp_path / "exact", "fp32"), "exact", passage_threads=2)


def reference(ids: list[int]) -> NDArray[np.float32]:
    """BERT, mean pooling and L2 normalisation, straight from the papers."""
    weights = random_weights()

    def dense(name: str, x: NDArray[Any]) -> NDArray[Any]:
        return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    def norm(name: str, x: NDArray[Any]) -> NDArray[Any]:
        x = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-12)
        return x * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    x = weights["embeddings.word_embeddings.weight"][ids]
    x = x + weights["embeddings.position_embeddings.weight"][: len(ids)]
    x = norm("embeddings.LayerNorm", x + weights["embeddings.token_type_embeddings.weight"][0])
    for layer in range(LAYERS):
        prefix = f"encoder.layer.{layer}"
        q, k, v = (
            dense(f"{prefix}.attention.self.{part}", x).reshape(len(ids), HEADS, -1).swapaxes(0, 1)
            for part in ("query", "key", "value")
        )
        scores = q @ k.swapaxes(1, 2) / np.sqrt(HIDDEN / HEADS)
        scores = np.exp(scores - scores.max(2, keepdims=True))
        context = (scores / scores.sum(2, keepdims=True) @ v).swapaxes(0, 1).reshape(len(ids), -1)
        x = norm(
            f"{prefix}.attention.output.LayerNorm",
            x + dense(f"{prefix}.attention.output.dense", context),
        )
        inner = dense(f"{prefix}.intermediate.dense", x)
        inner = 0.5 * inner * (1 + np.vectorize(erf)(inner / np.sqrt(2)))
        x = norm(f"{prefix}.output.LayerNorm", x + dense(f"{prefix}.output.dense", inner))
    mean = x.mean(0)
    return np.asarray(mean / np.linalg.norm(mean), np.float32)


def test_graph_computes_bert(exact: OnnxEncoder) -> None:
    vectors = exact.encode_passages(TEXTS)
    for text, vector in zip(TEXTS, vectors, strict=True):
        ids = exact._tokenizer.encode(text.strip()).ids
        np.testing.assert_allclose(vector, reference(ids), atol=2e-5, err_msg=text)


def test_int8_stays_close_and_mixed_closer(tmp_path: Path, exact: OnnxEncoder) -> None:
    expected = exact.encode_passages(TEXTS)
    errors: dict[Precision, float] = {}
    for precision in ("mixed", "int8"):
        folder = make_folder(tmp_path / precision, precision)
        cosines = (OnnxEncoder(folder, precision).encode_passages(TEXTS) * expected).sum(axis=1)
        errors[precision] = 1 - float(cosines.mean())
        assert cosines.min() > 0.98
    assert 1e-6 < errors["mixed"] < errors["int8"]


def test_neighbours_in_a_batch_do_not_change_a_vector(exact: OnnxEncoder) -> None:
    together = exact.encode_passages(TEXTS)
    alone = np.concatenate([exact.encode_passages([text]) for text in TEXTS])
    np.testing.assert_allclose(together, alone, atol=2e-6)


def test_query_prompt_is_put_before_queries_only(exact: OnnxEncoder) -> None:
    np.testing.assert_allclose(
        exact.encode_queries(["shoe"]), exact.encode_passages(["red shoe"]), atol=1e-6
    )


def test_order_is_kept_over_many_batches_and_threads(exact: OnnxEncoder) -> None:
    texts = [" ".join(WORDS[: 1 + i % 5]) for i in range(700)]
    vectors = exact.encode_passages(texts)
    np.testing.assert_allclose(vectors[:5], vectors[5:10], atol=2e-6)
    np.testing.assert_allclose(vectors[3], exact.encode_passages([texts[3]])[0], atol=2e-6)


def test_one_encoder_serves_several_threads(exact: OnnxEncoder) -> None:
    expected = exact.encode_queries(TEXTS)
    with ThreadPoolExecutor(4) as pool:
        for vectors in pool.map(lambda _: exact.encode_queries(TEXTS), range(20)):
            np.testing.assert_allclose(vectors, expected, atol=1e-6)


def test_no_texts_give_no_rows(exact: OnnxEncoder) -> None:
    assert exact.encode_queries([]).shape == (0, HIDDEN)
    assert exact.encode_passages([]).shape == (0, HIDDEN)


def test_batches_hold_every_row_once_within_the_budget() -> None:
    lengths = np.random.default_rng(2).integers(3, 129, 1000).tolist()
    batches = list(batch_by_length(lengths))
    assert sorted(row for batch in batches for row in batch) == list(range(1000))
    assert all(len(b) * max(lengths[r] for r in b) <= BATCH_TOKENS for b in batches)


def test_other_architectures_have_no_graph(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="gpt2 model, expected bert"):
        make_folder(tmp_path / "other", "fp32", model_type="gpt2")


def test_auto_takes_the_graph_where_there_is_one(tmp_path: Path) -> None:
    make_folder(tmp_path / "tiny", "fp32")
    encoder = load_encoder("tiny", tmp_path)
    assert isinstance(encoder, OnnxEncoder)
    assert (encoder.name, encoder.dimensions) == ("tiny", HIDDEN)


def test_missing_encoder_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(WeightsError) as caught:
        load_encoder("all-minilm-l6-v2", tmp_path)
    assert caught.value.remedy == "Run: aisle models pull all-minilm-l6-v2"


def test_damaged_graph_is_one_line(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "tiny", "fp32")
    (folder / GRAPH).write_bytes(b"torn")
    with pytest.raises(WeightsError, match="cannot be loaded") as caught:
        load_encoder("tiny", tmp_path)
    assert "\n" not in str(caught.value)


def test_published_model_has_no_graph_here(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no ONNX graph"):
        load_encoder("owner/model", tmp_path, runtime="onnx")
