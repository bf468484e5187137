from __future__ import annotations

from pathlib import Path

import pytest

from assistant.errors import SettingsError
from assistant.settings import load_settings


def test_state_lives_under_home(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path, store="chorus")
    for path in (settings.store_path, settings.models_path, settings.engine_path):
        assert path.is_relative_to(tmp_path)
    assert settings.sql_url == f"sqlite:///{tmp_path}/aisle.db"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"llm": "off", "llm_url": "http://x/v1", "llm_model": "m"}, "contradict"),
        ({"llm_url": "http://x/v1"}, "AISLE_LLM_MODEL"),
        ({"llm_url": "x:1", "llm_model": "m"}, "http://"),
        ({"qdrant_api_key": "k"}, "AISLE_QDRANT_URL"),
        ({"qdrant_shards": 3}, "AISLE_QDRANT_URL"),
        ({"index_oversampling": 3}, "AISLE_INDEX_QUANTIZATION"),
        ({"index_oversampling": 0.5}, "at least 1"),
        ({"index_oversampling": "nan"}, "AISLE_INDEX_OVERSAMPLING"),
        ({"index_rescore": False}, "AISLE_INDEX_QUANTIZATION"),
        (
            {"index_quantization": "int8", "index_oversampling": 3, "index_rescore": False},
            "unset one",
        ),
        ({"index_quantization": "int4"}, "AISLE_INDEX_QUANTIZATION"),
        ({"index_hnsw_m": 64, "index_hnsw_ef_construct": 32}, "AISLE_INDEX_HNSW_M"),
        ({"port": 70000}, "AISLE_PORT"),
        ({"store": "../x"}, "AISLE_STORE"),
    ],
)
def test_contradictions_and_bad_values_are_one_line(given: dict[str, object], says: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(**given)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_environment_variables_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AISLE_CARDS", "3")
    monkeypatch.setenv("AISLE_EXCHANGE_RATES", '{"CNY": "7.2"}')
    settings = load_settings()
    assert settings.cards == 3
    assert str(settings.exchange_rates["CNY"]) == "7.2"
