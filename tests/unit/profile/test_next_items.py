"""A promoted next-item model moves the list "for you"; without one, and after a rollback, not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import numpy as np
import pytest
from support.events import NOW, event
from support.learning_store import LearningStore

from retrieval.errors import CallerError
from retrieval.profile.profile import Profile
from retrieval.profile.statistics import BehaviourStatistics
from retrieval.profile.types import Action, StoredEvent
from retrieval.recommend import candidates
from retrieval.recommend.engine import MODEL_VERSION, Recommender
from retrieval.recommend.next_items import NextItems
from retrieval.recommend.sequence import SequenceModel
from retrieval.recommend.types import Kind, RecommendationRequest, Recommendations
from retrieval.train.registry import HeldOut, TrainedManifest, TrainedModels
from retrieval.train.sequence.data import Sequences
from retrieval.train.sequence.log import find_meetings, make_sequences
from retrieval.train.sequence.serving import measure_weights
from retrieval.train.sequence.settings import TrainingSettings
from retrieval.train.sequence.train import train_sequence_model

TINY = TrainingSettings(dimensions=16, epochs=4, batch_tokens=100, warmup_steps=5, threads=1)
# Whoever looks at the first goes on to the second, though nothing in the words says so.
WALKS = (
    ("bag-okoro-black", "lamp-tavrik-green", "mouse-velmont-red", "gone-product"),
    ("mouse-okoro-green", "bag-tavrik-red", "lamp-velmont-black", "gone-product"),
    ("lamp-okoro-red", "mouse-tavrik-black", "bag-velmont-green", "gone-product"),
)


def quiet(done: int, total: int | None, note: str = "") -> None:
    """A listener that says nothing."""


def train(walks: tuple[tuple[str, ...], ...]) -> SequenceModel:
    """A model of shoppers who walk round in one of the walks."""
    names = tuple(dict.fromkeys(name for walk in walks for name in walk))
    index = {name: number for number, name in enumerate(names)}
    histories = tuple(
        np.array([index[name] for name in (*walk[start:], *walk[:start])], np.int64)
        for walk in walks
        for start in range(len(walk))
        for _ in range(20)
    )
    users = tuple(f"u{number}" for number in range(len(histories)))
    trained = train_sequence_model(Sequences(users, names, histories, "d" * 64), TINY, quiet)
    assert trained is not None
    return trained[0]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> TrainedModels:
    """Two versions of the shop: the walks, and the walks backwards."""
    registry = TrainedModels(tmp_path_factory.mktemp("models"), "sequence", "shop")
    for version, walks in (("v1", WALKS), ("v2", tuple(walk[::-1] for walk in WALKS))):
        manifest = TrainedManifest(
            kind="sequence",
            version=version,
            created_at=datetime(2026, 5, 1, tzinfo=UTC),
            code="1",
            data="d",
            span={},
            held_out=HeldOut(measure="ndcg@10", value=0.5, data="d"),
            store="shop",
        )
        registry.add(manifest, train(walks).save)
    return registry


@pytest.fixture
def promoted(models: TrainedModels) -> Iterator[TrainedModels]:
    """The versions with none in force, before and after."""
    yield models
    while models.promoted():
        models.rollback()


Ask = Callable[[Profile], Recommendations]


@pytest.fixture
def next_items(promoted: TrainedModels) -> NextItems:
    return NextItems(promoted)


@pytest.fixture
def ask(shop: LearningStore, next_items: NextItems) -> Ask:
    recommender = Recommender(
        shop.index, shop.items, BehaviourStatistics(NOW), next_items=next_items
    )
    request = RecommendationRequest(kind=Kind.FOR_YOU, shopper="c1", limit=6)
    return lambda profile: recommender.recommend(request, profile)


def same(one: Recommendations, other: Recommendations) -> bool:
    return (one.products, one.model_version) == (other.products, other.model_version)


def test_a_promoted_model_moves_the_list_and_a_rollback_brings_the_former_back(
    shop: LearningStore,
    promoted: TrainedModels,
    next_items: NextItems,
    ask: Ask,
    profile_of: Callable[..., Profile],
) -> None:
    profile = profile_of((Action.CLICK, "bag-okoro-black"))
    plain = Recommender(shop.index, shop.items, BehaviourStatistics(NOW)).recommend(
        RecommendationRequest(kind=Kind.FOR_YOU, shopper="c1", limit=6), profile
    )
    assert same(ask(profile), plain) and plain.model_version == MODEL_VERSION

    promoted.promote("v1")
    assert next_items.renew()
    first = ask(profile)
    ids = [each.product.id for each in first.products]
    assert "lamp-tavrik-green" in ids and "gone-product" not in ids
    assert "lamp-tavrik-green" not in [each.product.id for each in plain.products]
    assert first.model_version == f"{MODEL_VERSION}+sequence:v1"

    promoted.promote("v2")
    next_items.renew()
    assert not same(ask(profile), first)
    promoted.rollback()
    next_items.renew()
    assert same(ask(profile), first)
    promoted.rollback()
    next_items.renew()
    assert same(ask(profile), plain)


def test_what_the_model_alone_brought_says_no_more_than_that(
    promoted: TrainedModels,
    next_items: NextItems,
    ask: Ask,
    profile_of: Callable[..., Profile],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(candidates, "NEAREST", 3)  # the shop is small: all of it is near
    promoted.promote("v1")
    assert next_items.renew()
    found = ask(profile_of((Action.CLICK, "bag-okoro-black"))).products
    brought = next(each for each in found if each.product.id == "lamp-tavrik-green")
    assert brought.signals == {"next": 1.0}
    assert brought.reasons == ("suggested by what you looked at",)


def test_shoppers_the_model_knows_nothing_of_have_their_list_as_before(
    promoted: TrainedModels, next_items: NextItems, ask: Ask, profile_of: Callable[..., Profile]
) -> None:
    unknown, nobody = profile_of((Action.CLICK, "bag-linnea-black")), Profile("c1")
    before = ask(unknown), ask(nobody)
    promoted.promote("v1")
    assert next_items.renew()
    assert same(ask(unknown), before[0]) and same(ask(nobody), before[1])


def test_a_version_that_cannot_be_read_leaves_the_former_in_force(
    promoted: TrainedModels, next_items: NextItems
) -> None:
    promoted.promote("v1")
    assert next_items.renew()
    broken = promoted.manifest("v1").model_copy(update={"version": "v3"})
    promoted.add(broken, lambda folder: folder.mkdir(parents=True))
    promoted.promote("v3")
    serving = next_items.renew()
    assert serving and serving.version == "v1"


def test_a_stores_promotion_is_no_other_stores(promoted: TrainedModels) -> None:
    other = TrainedModels(promoted.root.parents[1], "sequence", "elsewhere")
    promoted.promote("v1")
    assert other.promoted() is None and other.versions() == []
    with pytest.raises(CallerError, match="the store shop"):
        other.promote("v1")


# ------------------------------------------------------------------------ the log


def acts_of(shopper: str, *acts: tuple[Action, str], **fields: object) -> list[StoredEvent]:
    """Acts an hour apart, the last an hour ago."""
    return [
        StoredEvent(
            hash((shopper, number)),
            shopper,
            event(action, item, ago=60 * (len(acts) - number), session_id=shopper, **fields),
        )
        for number, (action, item) in enumerate(acts)
    ]


def test_a_log_becomes_one_sequence_a_shopper_oldest_first() -> None:
    acts = [
        *acts_of(
            "a",
            (Action.CLICK, "p1"),
            (Action.CART, "p1"),
            (Action.ORDER, "p2"),
            (Action.CLICK, "gone"),
            (Action.DISMISS, "p4"),
            (Action.CLICK, "p3"),
        ),
        *acts_of("script", (Action.CLICK, "p1"), automated=True),
        *acts_of("paid", (Action.CLICK, "p1"), detail={"campaign_id": "c"}),
    ]
    for number in range(50):
        acts += acts_of(
            f"s{number}", (Action.CLICK, "p3"), (Action.CLICK, "p2"), (Action.CLICK, "p1")
        )
    found = make_sequences(find_meetings(acts, NOW), ["p1", "p2", "p3", "p4", "p5"], "shop")
    named = {
        user: [found.items[n] for n in history]
        for user, history in zip(found.users, found.histories, strict=True)
    }
    assert named["a"] == ["p1", "p2", "p3"]
    assert named["s0"] == ["p3", "p2", "p1"]
    assert not {"script", "paid"} & set(named)
    assert set(found.items) == {"p1", "p2", "p3", "p4", "p5"}
    with pytest.raises(CallerError, match="1 shoppers opened 3 products"):
        make_sequences(find_meetings(acts[:8], NOW), ["p1", "p2", "p3"], "shop")


def test_the_measure_tells_a_model_that_helps_from_none(
    shop: LearningStore, promoted: TrainedModels, next_items: NextItems
) -> None:
    promoted.promote("v1")
    next_items.renew()
    acts = [
        stored
        for number in range(6)
        for stored in acts_of(
            f"s{number}", *((Action.CLICK, name) for name in WALKS[number % 3][:3])
        )
    ]
    meetings = find_meetings(acts, NOW)
    rows = measure_weights(
        shop.index, shop.items, acts, meetings, next_items, quiet, weights=(0.0, 2.0)
    )
    assert [row.shoppers for row in rows] == [6, 6]
    assert rows[1].hit > rows[0].hit and rows[1].gained > rows[1].lost
    assert rows[0].gained == rows[0].lost == 0
