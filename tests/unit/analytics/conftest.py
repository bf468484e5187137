"""A merchant's log in a real SQLite file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.merchant_log import MerchantLog


@pytest.fixture
def log(tmp_path: Path) -> Iterator[MerchantLog]:
    made = MerchantLog.in_folder(tmp_path)
    yield made
    made.database.dispose()
