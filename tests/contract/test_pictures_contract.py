"""Pictures in the index, on each adapter: written, compared, kept, added to older stores."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from PIL import ImageOps
from support.index_products import TONER, HashingEncoder
from support.pictures import (
    BLUE,
    GREEN,
    RED,
    GridEncoder,
    as_bytes,
    draw,
    lamp,
    put_picture,
    store_images,
)

from retrieval.catalog.plan import Action, choose_action
from retrieval.catalog.product_images import StoreImages
from retrieval.errors import IndexIncompatibleError, InvalidRequestError
from retrieval.index.indexer import Indexer
from retrieval.index.schema import index_schema
from retrieval.index.storage import EmbeddedStorage, IndexStorage
from retrieval.index.types import Group, ProductIndex, VectorName, point_id
from retrieval.pictures import PhotoReader, PictureLimits
from retrieval.search import HybridSearcher
from retrieval.types import Filters, Product, Range, SearchRequest

NewStorage = Callable[[], IndexStorage]
TEXT, GRID = HashingEncoder(), GridEncoder()
RED_LAMP, GREEN_LAMP, BLUE_LAMP = (
    lamp("poppy", "red", "40"),
    lamp("fern", "green", "60"),
    lamp("sky", "blue", "90"),
)
LAMPS = (RED_LAMP, GREEN_LAMP, BLUE_LAMP, TONER)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    root = tmp_path / "store"
    for product, colour in ((RED_LAMP, RED), (GREEN_LAMP, GREEN), (BLUE_LAMP, BLUE)):
        put_picture(root, f"{product.id}.png", draw(colour))
    return root


@pytest.fixture
def images(store: Path) -> StoreImages:
    return store_images(store)


@pytest.fixture
def index(new_storage: NewStorage) -> Iterator[ProductIndex]:
    storage = new_storage()
    index = storage.open(index_schema(TEXT, TEXT, GRID)).index
    yield index
    index.close()
    storage.close()


def searcher(index: ProductIndex) -> HybridSearcher:
    return HybridSearcher(index, TEXT, TEXT, photos=PhotoReader(GRID, PictureLimits()))


def pictured(index: ProductIndex, products: tuple[Product, ...]) -> set[str]:
    found = index.vectors(VectorName.IMAGE, [point_id(p.id) for p in products])
    return {p.id for p in products if point_id(p.id) in found}


def test_a_photo_finds_its_product_and_words_beside_it_narrow(
    index: ProductIndex, images: StoreImages
) -> None:
    Indexer(index, TEXT, TEXT, images).index(LAMPS)
    assert pictured(index, LAMPS) == {RED_LAMP.id, GREEN_LAMP.id, BLUE_LAMP.id}
    search = searcher(index)
    image = search.encode_image(as_bytes(ImageOps.mirror(draw(GREEN)), "JPEG"))
    found = search.search(SearchRequest(text="", image=image, relevant=True, diverse=True))
    assert found.hits[0].product.id == GREEN_LAMP.id
    assert found.hits[0].signals["image"] > 0.9
    cheap = Filters(price=Range(maximum=Decimal(50)))
    narrowed = search.search(SearchRequest(text="", image=image, filters=cheap))
    assert [hit.product.id for hit in narrowed.hits] == [RED_LAMP.id]
    red = search.encode_image(as_bytes(draw(RED)))
    worded = search.search(SearchRequest(text="sky", image=red))
    assert {hit.product.id for hit in worded.hits[:2]} == {RED_LAMP.id, BLUE_LAMP.id}


def test_only_what_changed_is_embedded_again(
    index: ProductIndex, images: StoreImages, store: Path
) -> None:
    indexer = Indexer(index, TEXT, TEXT, images)
    indexer.index(LAMPS)
    before = indexer.fingerprints()
    assert {p.id: indexer.fingerprint(p) for p in LAMPS} == before
    assert images.counts.embedded == 3
    put_picture(store, f"{RED_LAMP.id}.png", draw(BLUE, left=True))
    actions = {p.id: choose_action(indexer.fingerprint(p), before[p.id]) for p in LAMPS}
    assert actions.pop(RED_LAMP.id) is Action.EMBED
    assert set(actions.values()) == {Action.NOTHING}
    key = point_id(RED_LAMP.id)
    text, image = (index.vectors(n, [key])[key] for n in (VectorName.ENGLISH, VectorName.IMAGE))
    indexer.index([RED_LAMP, GREEN_LAMP])
    assert images.counts.embedded == 4, "the unchanged picture is not read again"
    np.testing.assert_allclose(index.vectors(VectorName.ENGLISH, [key])[key], text, atol=1e-6)
    assert index.vectors(VectorName.IMAGE, [key])[key] @ image < 0.9


def test_a_new_price_keeps_the_picture(index: ProductIndex, images: StoreImages) -> None:
    indexer = Indexer(index, TEXT, TEXT, images)
    indexer.index(LAMPS)
    Indexer(index, TEXT, TEXT).update([RED_LAMP.model_copy(update={"price": Decimal(1)})])
    assert indexer.fingerprints()[RED_LAMP.id].image == indexer.fingerprint(RED_LAMP).image
    assert RED_LAMP.id in pictured(index, LAMPS)


def test_a_picture_that_is_gone_leaves_the_index(
    index: ProductIndex, images: StoreImages, store: Path
) -> None:
    indexer = Indexer(index, TEXT, TEXT, images)
    indexer.index(LAMPS)
    (store / "media" / f"{RED_LAMP.id}.png").unlink()
    indexer.index([RED_LAMP])
    assert pictured(index, LAMPS) == {GREEN_LAMP.id, BLUE_LAMP.id}
    assert indexer.fingerprints()[RED_LAMP.id] == indexer.fingerprint(RED_LAMP)


def test_an_older_store_opens_and_takes_pictures_at_the_next_import(
    new_storage: NewStorage, images: StoreImages
) -> None:
    storage = new_storage()
    older = storage.open(index_schema(TEXT, TEXT)).index
    Indexer(older, TEXT, TEXT, images).index(LAMPS)
    older.close()
    storage.close()
    storage = new_storage()
    generation = storage.open(index_schema(TEXT, TEXT, GRID))
    index, search = generation.index, searcher(generation.index)
    assert index.count(Group()) == len(LAMPS)
    assert search.search(SearchRequest(text="fern lamp")).hits[0].product.id == GREEN_LAMP.id
    assert search.photo_limit == 0
    with pytest.raises(InvalidRequestError, match="Import its catalogue again"):
        search.encode_image(as_bytes(draw(RED)))
    indexer = Indexer(index, TEXT, TEXT, images)
    stored = indexer.fingerprints()
    wanted = [p for p in LAMPS if stored[p.id] != indexer.fingerprint(p)]
    assert wanted == [RED_LAMP, GREEN_LAMP, BLUE_LAMP]
    indexer.index(wanted)
    index.flush()
    image = search.encode_image(as_bytes(draw(BLUE)))
    hits = search.search(SearchRequest(text="", image=image)).hits
    assert hits[0].product.id == BLUE_LAMP.id
    index.close()
    storage.close()
    storage = new_storage()
    again = storage.open(index_schema(TEXT, TEXT, GRID)).index
    assert pictured(again, LAMPS) == {RED_LAMP.id, GREEN_LAMP.id, BLUE_LAMP.id}
    again.close()
    storage.close()


def test_a_store_with_pictures_opens_without_their_encoder(
    new_storage: NewStorage, images: StoreImages
) -> None:
    storage = new_storage()
    index = storage.open(index_schema(TEXT, TEXT, GRID)).index
    Indexer(index, TEXT, TEXT, images).index(LAMPS)
    index.close()
    storage.close()
    storage = new_storage()
    index = storage.open(index_schema(TEXT, TEXT)).index
    assert index.has_vector(VectorName.IMAGE)
    with pytest.raises(InvalidRequestError):
        HybridSearcher(index, TEXT, TEXT).encode_image(as_bytes(draw(RED)))
    index.close()
    other = GridEncoder()
    other.name = "another"
    with pytest.raises(IndexIncompatibleError, match="another"):
        storage.open(index_schema(TEXT, TEXT, other))
    storage.close()


def test_an_index_built_beside_another_takes_its_pictures(
    index: ProductIndex, images: StoreImages, store: Path, tmp_path: Path
) -> None:
    Indexer(index, TEXT, TEXT, images).index(LAMPS)
    assert images.counts.embedded == 3
    put_picture(store, f"{RED_LAMP.id}.png", draw(BLUE, left=True))
    schema = index_schema(TEXT, TEXT, images.encoder)
    beside = EmbeddedStorage(tmp_path / "beside").open(schema).index
    try:
        indexer = Indexer(beside, TEXT, TEXT, images)
        indexer.reuse(index, [VectorName.IMAGE])
        indexer.index(LAMPS)
        assert images.counts.embedded == 4, "only the picture that changed"
        key = point_id(GREEN_LAMP.id)
        before, after = (i.vectors(VectorName.IMAGE, [key])[key] for i in (index, beside))
        np.testing.assert_allclose(after, before, atol=1e-6)
    finally:
        beside.close()
