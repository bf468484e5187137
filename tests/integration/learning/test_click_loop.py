"""Log, train, promote, serve, learn on, roll back: real SQL, real index, no process of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from support.click_world import favourite, make_log
from support.events import NOW
from support.learning_store import PRODUCTS, LearningStore

from assistant.database import open_database
from assistant.learn_clicks import OpenedLog, promote_clicks, train_on
from assistant.learning import click_models
from assistant.settings import Settings
from retrieval.errors import CallerError
from retrieval.profile.bus import InProcessBus
from retrieval.profile.events import SqlEventStore
from retrieval.profile.statistics import BehaviourStatistics
from retrieval.profile.types import ConsentMode, Visitor
from retrieval.rank.online import Alarm, raise_alarm
from retrieval.rank.online_store import OnlineStore
from retrieval.recommend.clicks import HELD_OUT, ClickRanker, ClickSettings
from retrieval.recommend.online import OnlineLearner
from retrieval.recommend.service import Learning, Shelf
from retrieval.train.clicks import ClickTraining
from retrieval.types import Hit, Language

STORE = "little"
BAGS = tuple(Hit(product=p, score=0.0) for p in PRODUCTS if p.id.startswith("bag"))
WINDOW = timedelta(minutes=30)


def quiet(done: int, total: int, note: str = "") -> None:
    return None


class World:
    """The little shop with a log, its models and everything that serves them."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(home=folder, store=STORE, llm="off")
        self.shop = LearningStore()
        self.database = open_database(self.settings.sql_url)
        self.moment = NOW
        self.events = SqlEventStore(self.database, STORE, lambda: self.moment)
        self.events.append(make_log(NOW - timedelta(days=30)))
        self.log = OpenedLog(self.events, self.shop.items)

    def train(self) -> str:
        return train_on(self.settings, self.log, ClickTraining(), quiet).version

    def open(self, **settings: float) -> tuple[Learning, OnlineLearner]:
        statistics = BehaviourStatistics(NOW)
        online = OnlineStore(self.database, STORE)
        chosen = ClickSettings(**{"explore": 0.0, "held_out": 0.0, **settings})
        ranker = ClickRanker(click_models(self.settings), statistics, chosen, online)
        clock: Callable[[], datetime] = lambda: self.moment  # noqa: E731
        learner = OnlineLearner(
            self.events, online, ranker, self.shop.items, window=WINDOW, now=clock
        )
        shelf = Shelf(self.shop.items, self.shop.recommender, self.shop.recommender.products)
        learning = Learning(
            events=self.events,
            bus=InProcessBus(),
            shelf=shelf,
            statistics=statistics,
            consent=ConsentMode.ON,
            clicks=ranker,
            learner=learner,
            now=clock,
        )
        return learning, learner


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr("retrieval.recommend.clicks.CHECKED_S", 0.0)
    made = World(tmp_path)
    yield made
    made.shop.index.close()
    made.database.dispose()


def page(learning: Learning, shopper: int) -> tuple[list[str], list[tuple[str, ...]], str]:
    hits, version = learning.order(
        BAGS, "bag", Visitor(f"s{shopper}", "now"), Language.ENGLISH, limit=12
    )
    brands = [str(hit.product.brand) for hit in hits]
    return brands, [hit.reasons for hit in hits], version


def test_a_promoted_model_serves_with_reasons_and_rollback_restores(world: World) -> None:
    learning, _ = world.open()
    before = [page(learning, shopper)[0] for shopper in range(4)]
    assert page(learning, 0)[2] == ""
    version = world.train()
    assert page(learning, 0)[2] == "", "nothing serves before it is promoted"
    promote_clicks(world.settings, version, quiet)
    for shopper in range(4):
        brands, reasons, label = page(learning, shopper)
        assert label == f"clicks:{version}"
        assert brands[:2] == [favourite(shopper)] * 2
        assert any("because you looked at" in r or "you looked at" in r for r in reasons[0])
    assert any(
        "because you looked at" in line
        for shopper in range(4)
        for lines in page(learning, shopper)[1]
        for line in lines
    )
    assert learning.learning_status().model == version
    assert click_models(world.settings).rollback() is None
    assert [page(learning, shopper)[0] for shopper in range(4)] == before
    assert learning.learning_status().state == "off"


def test_relevance_and_models_asked_for_stay_first(world: World) -> None:
    promote_clicks(world.settings, world.train(), quiet)
    learning, _ = world.open()
    scored = tuple(h.model_copy(update={"score": 1 - 0.32 * n}) for n, h in enumerate(BAGS[:4]))
    hits, _ = learning.order(scored, "bag", Visitor("s1"), Language.ENGLISH, limit=4)
    # Shares .32 apart are out of reach of an influence of .15 either way.
    assert [h.product.id for h in hits] == [h.product.id for h in scored]
    asked, label = learning.order(BAGS, "XR-4500B", Visitor("s1"), Language.ENGLISH, limit=12)
    assert asked == BAGS and label == ""


def test_shoppers_held_out_see_relevance_alone(world: World) -> None:
    promote_clicks(world.settings, world.train(), quiet)
    learning, _ = world.open(held_out=0.5)
    labels = {n: page(learning, n)[2] for n in range(40)}
    held = [n for n, label in labels.items() if label == HELD_OUT]
    assert 10 <= len(held) <= 30
    ids = [hit.product.brand for hit in BAGS]
    assert page(learning, held[0])[0] == ids


def test_a_worse_model_is_not_promoted(world: World) -> None:
    good = world.train()
    promote_clicks(world.settings, good, quiet)
    models = click_models(world.settings)
    manifest = models.manifest(good)
    for value in (-0.1, manifest.held_out.value / 2):
        held = manifest.held_out.model_copy(update={"value": value})
        name = f"worse-{value:.3f}".replace("-0.", "-m")
        worse = manifest.model_copy(update={"version": name, "held_out": held})
        models.add(worse, lambda folder: folder.mkdir())
        with pytest.raises(CallerError):
            promote_clicks(world.settings, name, quiet)
    assert models.promoted() == good


def test_feedback_counts_once_through_repeats_and_a_restart(world: World) -> None:
    promote_clicks(world.settings, world.train(), quiet)
    _, learner = world.open()
    assert learner.step() == 0 and learner.status().state == "learning"
    fresh = [
        e.model_copy(update={"event_id": f"new-{e.event_id}", "query_id": f"new-{e.query_id}"})
        for e in make_log(NOW, shoppers=6, lists=3, seed=9)
    ]
    world.moment = NOW + timedelta(days=1)
    world.events.append(fresh)
    world.events.append(fresh)
    assert learner.step() == 0, "the window for clicks is still open"
    world.moment += WINDOW + timedelta(seconds=1)
    assert learner.step() == 6 * 3 * 12
    world.events.append(fresh)
    _, again = world.open()
    assert again.step() == 0
    status = again.status()
    assert status.impressions == 6 * 3 * 12
    assert status.clicks == sum(e.action_name.value == "click" for e in fresh)


def test_an_alarm_switches_back_and_says_so(world: World) -> None:
    version = world.train()
    promote_clicks(world.settings, version, quiet)
    learning, learner = world.open()
    learner.step()
    store = OnlineStore(world.database, STORE)
    revision, state = store.load()
    serving = learner._ranker.serving()
    assert state is not None and serving is not None
    alarmed = raise_alarm(state, serving.model, Alarm.CTR, "too few clicks")
    assert store.save(revision, alarmed)
    assert not store.save(revision, alarmed), "of two processes one counts"
    assert page(learning, 1)[2] == HELD_OUT
    status = learning.learning_status()
    assert status.state == "stopped" and status.alarm is Alarm.CTR and status.detail
