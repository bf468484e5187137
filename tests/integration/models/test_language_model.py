"""The real language model's folder, where it has been pulled (it is not pulled for a test)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from safetensors import safe_open
from tokenizers import Tokenizer

from assistant.llm.weights import is_ready
from assistant.settings import load_settings

NAME = "qwen2.5-coder-1.5b-int8"


@pytest.fixture(scope="module")
def folder() -> Path:
    path = load_settings().models_path
    if not is_ready(NAME, path):
        pytest.skip(f"needs the language model: aisle models pull {NAME}")
    return path / NAME


def test_index_names_every_tensor_of_every_shard(folder: Path) -> None:
    index = json.loads((folder / "model.safetensors.index.json").read_text())["weight_map"]
    found = set()
    for shard in folder.glob("*.safetensors"):
        with safe_open(shard, "numpy") as tensors:
            found |= set(tensors.keys())
    assert found == set(index)
    scales = [name for name in found if name.endswith("weight_scale")]
    assert len(scales) == 7 * 28


def test_tokenizer_is_qwens_own(folder: Path) -> None:
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    assert tokenizer.get_vocab_size() == 151_665
    text = "<|im_start|>user\nLaptops under $800, 两千元以内的笔记本?<|im_end|>\n"
    encoding = tokenizer.encode(text)
    assert tokenizer.decode(encoding.ids, skip_special_tokens=False) == text
    assert encoding.tokens[:3] == ["<|im_start|>", "user", "Ċ"]
    # Qwen2 splits numbers into digits; the pattern transformers warns about does not.
    digits = [token for token in encoding.tokens if token.isdigit()]
    assert digits == ["8", "0", "0"]


def test_transformers_reads_the_folder_without_a_warning(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    prompt = tokenizer.apply_chat_template(
        [{"role": "user", "content": "hi"}], tokenize=False, add_generation_prompt=True
    )
    assert prompt.endswith("<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n")
    assert not caplog.records
