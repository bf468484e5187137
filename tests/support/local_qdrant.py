"""qdrant-client's local mode, for tests that ask it from several threads."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable
from functools import wraps
from typing import Any

from qdrant_client import QdrantClient


def one_at_a_time(client: QdrantClient) -> QdrantClient:
    """The client, its local mode entered by one thread at a time: it searches arrays that an
    upsert is resizing, which a server never shows."""
    lock = threading.RLock()

    def guarded(method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def call(*args: Any, **kwargs: Any) -> Any:
            with lock:
                return method(*args, **kwargs)

        return call

    local = client._client
    for name, method in inspect.getmembers(local, inspect.ismethod):
        if not name.startswith("_"):
            setattr(local, name, guarded(method))
    return client
