"""A store's catalogue from outside a server: opened here where it is free, else by its server."""

from __future__ import annotations

from collections.abc import Mapping

from assistant import build
from assistant.errors import CallerError
from assistant.remote import RemoteCatalog, find_server
from assistant.settings import Settings
from retrieval.errors import StoreInUseError
from retrieval.index.document import read_product
from retrieval.index.storage import stored_schema
from retrieval.types import Product, ProgressListener


def running_catalog(settings: Settings) -> RemoteCatalog:
    """The catalogue of the server that holds the store; raises CallerError if none serves it."""
    server = find_server(settings)
    if server is None:
        raise CallerError(
            f"The store {settings.store!r} is in use by another Aisle process.",
            remedy="Stop that process, or wait until it is done.",
        )
    return RemoteCatalog(server)


def read_products(settings: Settings) -> list[Product]:
    """Every product of the active store."""
    with build.open_storage(settings) as storage:
        try:
            index = storage.open(stored_schema(storage)).index
        except StoreInUseError:
            return running_catalog(settings).products()
        try:
            return [read_product(payload) for _, payload in index.scan(("product",))]
        finally:
            index.close()


def rebuild_index(
    settings: Settings, encoders: Mapping[str, str], listener: ProgressListener
) -> str:
    """Reindex with the named encoders (`encoder_english`, `encoder_multilingual`) beside the
    index in use, here or in the server that has the store open; returns the summary."""
    try:
        live = build.open_live_catalog(settings, as_stored=True)
    except StoreInUseError:
        return running_catalog(settings).reindex(encoders, listener)
    try:
        load = build.encoder_loader(settings)
        english, multilingual = map(encoders.get, ("encoder_english", "encoder_multilingual"))
        count = live.reindex(load(english, multilingual, listener), listener)
    finally:
        live.close()
    return f"{count:,} products indexed."
