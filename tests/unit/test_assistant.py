"""One turn over real parts: rules, hybrid search in Qdrant's own code, facts, verifier, SQL.

Only the language model is scripted.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from qdrant_client import QdrantClient
from sqlalchemy import Engine
from support.answer_products import EVERYTHING, STORE, VOCABULARY
from support.index_products import HashingEncoder
from support.jobs_store import make_jobs

import prompts
from assistant.answer.verify import ClaimVerifier
from assistant.answer.write import LLMAnswerWriter
from assistant.assistant import Assistant
from assistant.conversation import SqlConversationStore
from assistant.database import open_database
from assistant.errors import EngineUnavailableError, InvalidRequestError
from assistant.learning import turn_costs
from assistant.llm.client import ChatModelClient
from assistant.llm.scripted import Delay, ScriptedModel
from assistant.storefront import Storefront
from assistant.turn import Catalog, TurnLimits
from assistant.types import (
    Act,
    ComparisonEvent,
    DoneEvent,
    EngineState,
    EngineStatus,
    ErrorEvent,
    Likeness,
    ProductsEvent,
    ReplyEvent,
    TextEvent,
)
from assistant.understand.quick import RuleReader
from assistant.understand.rewrite import LLMRewriter
from retrieval.errors import IndexUnavailableError
from retrieval.experiment.assign import Experiments
from retrieval.experiment.types import ExperimentsFile
from retrieval.index.indexer import Indexer
from retrieval.index.qdrant_collections import ServerStorage
from retrieval.index.schema import index_schema
from retrieval.profile.types import Visitor
from retrieval.search import HybridSearcher
from retrieval.types import Language, SearchRequest, SearchResult, Sort

TRUE_SENTENCE = "The Tavrik Hush Wireless Mouse costs $24.99."
FALSE_SENTENCE = "The Tavrik Hush Wireless Mouse costs $9.99."
READ_MOUSE = '{"act":"search","q":"quiet wireless mouse"}'
OPEN_WISH = "I would love something small for clicking around at night beside my sleeping baby"


class Ready:
    status = EngineStatus(state=EngineState.READY, model="scripted")

    def wait(self, timeout: float | None = None) -> EngineStatus:
        return self.status


@pytest.fixture
def searcher() -> Iterator[HybridSearcher]:
    encoders = HashingEncoder("one"), HashingEncoder("two")
    index = ServerStorage(QdrantClient(":memory:"), "test").open(index_schema(*encoders)).index
    Indexer(index, *encoders).index(EVERYTHING)
    yield HybridSearcher(index, *encoders, VOCABULARY)
    index.close()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    opened = open_database(f"sqlite:///{tmp_path}/aisle.db")
    yield opened
    opened.dispose()


@pytest.fixture
def conversations(database: Engine) -> SqlConversationStore:
    return SqlConversationStore(database)


@pytest.fixture
def model() -> ScriptedModel:
    return ScriptedModel()


@pytest.fixture
def assistant(
    searcher: HybridSearcher,
    database: Engine,
    conversations: SqlConversationStore,
    model: ScriptedModel,
    tmp_path: Path,
) -> Assistant:
    client = ChatModelClient(model)
    return Assistant(
        catalog=Catalog(
            store=STORE,
            vocabulary=VOCABULARY,
            media_path=tmp_path,
            searcher=searcher,
            reader=RuleReader(VOCABULARY, STORE),
            verifier=ClaimVerifier(VOCABULARY),
        ),
        front=Storefront(searcher),
        rewriter=LLMRewriter(client, prompts.load),
        writer=LLMAnswerWriter(client),
        conversations=conversations,
        **make_jobs(database, STORE, searcher, conversations),
        engine=Ready(),
        limits=TurnLimits(cards=3, message=500, understand_s=0.3, answer_s=0.5),
        version="0",
    )


async def reply(assistant: Assistant, message: str, conversation: str = "c") -> list[ReplyEvent]:
    return [event async for event in assistant.reply(message, conversation)]


def products(events: list[ReplyEvent]) -> list[ProductsEvent]:
    return [event for event in events if isinstance(event, ProductsEvent)]


def texts(events: list[ReplyEvent]) -> list[str]:
    return [event.sentence.text for event in events if isinstance(event, TextEvent)]


def done(events: list[ReplyEvent]) -> DoneEvent:
    assert isinstance(events[-1], DoneEvent)
    return events[-1]


async def test_cards_come_first_and_every_sentence_is_checked(
    assistant: Assistant, model: ScriptedModel
) -> None:
    model.enqueue(f"{TRUE_SENTENCE} {FALSE_SENTENCE}")
    events = await reply(assistant, "wireless mouse under $30")
    assert isinstance(events[0], ProductsEvent)
    prices = [card.hit.product.price for card in events[0].products]
    assert prices
    assert all(price is not None and price <= 30 for price in prices)
    assert all(card.reasons for card in events[0].products)
    said = texts(events)
    assert TRUE_SENTENCE in said
    assert not any(re.search(r"(?<!\d)9\.99", text) for text in said)
    assert done(events).trace["answer"]["rejected"][0]["text"] == FALSE_SENTENCE


@pytest.mark.parametrize(
    "failure",
    [EngineUnavailableError("The engine is gone."), Delay(TRUE_SENTENCE, seconds=5), "}{ nonsense"],
    ids=["dead", "slow", "wrong"],
)
async def test_without_a_usable_model_the_turn_still_ends_with_products_and_true_reasons(
    assistant: Assistant, model: ScriptedModel, failure: str | Delay | Exception
) -> None:
    model.enqueue(failure, failure)
    events = await reply(assistant, OPEN_WISH)
    assert products(events)[0].products
    said = texts(events)
    assert said
    assert not any("nonsense" in text for text in said)
    trace = done(events).trace
    assert isinstance(trace["llm_understanding"], str)
    assert all(event.sentence.by == "code" for event in events if isinstance(event, TextEvent))


async def test_a_reading_that_differs_replaces_the_list(
    assistant: Assistant, model: ScriptedModel
) -> None:
    model.enqueue(READ_MOUSE, TRUE_SENTENCE)
    events = await reply(assistant, OPEN_WISH)
    assert [event.stage for event in products(events)] == ["quick", "refined"]
    assert products(events)[1].products[0].hit.product.category[-1] == "Mice"


async def test_ordinals_point_at_the_list_on_screen_and_cards_keep_their_numbers(
    assistant: Assistant, model: ScriptedModel
) -> None:
    model.enqueue(TRUE_SENTENCE)
    first = products(await reply(assistant, "wireless mouse"))[-1].products
    model.enqueue("They differ.")
    events = await reply(assistant, "what is the difference between the first and the third?")
    compared = products(events)[-1]
    assert compared.understanding.act is Act.COMPARE
    assert [card.position for card in compared.products] == [1, 3]
    assert [card.hit.product.id for card in compared.products] == [
        first[0].hit.product.id,
        first[2].hit.product.id,
    ]
    table = next(event for event in events if isinstance(event, ComparisonEvent))
    assert any(row.name == "price" for row in table.comparison.rows)
    model.enqueue("Yes.")
    asked = products(await reply(assistant, "does the second one have bluetooth?"))[-1]
    assert [card.hit.product.id for card in asked.products] == [first[1].hit.product.id]


async def test_more_like_a_shown_one_is_like_it_and_never_itself(
    assistant: Assistant, model: ScriptedModel
) -> None:
    assistant._limits = replace(assistant._limits, cards=1)
    model.enqueue("Here.")
    first = products(await reply(assistant, "wireless mouse"))[-1].products[0].hit.product
    model.enqueue("Here.")
    like = products(await reply(assistant, "more like the first one"))[-1]
    assert like.understanding.like == Likeness(product_id=first.id)
    (card,) = like.products
    assert card.hit.product.id != first.id
    assert card.hit.product.category == first.category
    assert set(card.hit.reasons) < set(card.reasons)


async def test_what_is_said_beside_a_likeness_is_a_condition_told_exactly(
    assistant: Assistant, model: ScriptedModel
) -> None:
    assistant._limits = replace(assistant._limits, cards=1)
    model.enqueue("好的。", "好的。")
    (dear,) = products(await reply(assistant, "最贵的鼠标"))[-1].products
    assert dear.hit.product.id == "m3"
    model.enqueue("好的。")
    (card,) = products(await reply(assistant, "有没有跟第一款类似但便宜点的"))[-1].products
    gap = {"m1": "9.51", "m2": "14.51"}[card.hit.product.id]
    assert any("便宜" in reason and gap in reason for reason in card.hit.reasons)


async def test_nothing_alike_is_searched_for_without_the_product_itself(
    assistant: Assistant, model: ScriptedModel
) -> None:
    model.enqueue("Here.")
    first = products(await reply(assistant, "wireless mouse"))[-1].products
    turn = await reply(assistant, "similar to the first one under $1")
    shown = [card.hit.product.id for event in products(turn) for card in event.products]
    assert first[0].hit.product.id not in shown


async def test_a_chinese_shopper_is_answered_in_chinese_by_code_too(
    assistant: Assistant, model: ScriptedModel
) -> None:
    model.enqueue(EngineUnavailableError("gone"), EngineUnavailableError("gone"))
    events = await reply(assistant, "三十美元以内的静音鼠标")
    shown = products(events)[0]
    assert shown.understanding.language is Language.CHINESE
    assert shown.understanding.filters.price is not None
    assert shown.understanding.filters.price.maximum == 30
    assert all(any("\u4e00" <= c <= "\u9fff" for c in text) for text in texts(events))


async def test_nothing_within_the_conditions_is_said_and_the_nearest_is_named(
    assistant: Assistant, model: ScriptedModel
) -> None:
    events = await reply(assistant, "wireless mouse under $5")
    assert products(events)[0].products == ()
    assert any("19.99" in text for text in texts(events))


async def test_leaving_mid_answer_keeps_what_was_shown(
    assistant: Assistant, model: ScriptedModel
) -> None:
    model.enqueue(Delay(TRUE_SENTENCE, seconds=5))
    stream = assistant.reply("wireless mouse", "left")
    first = await anext(stream)
    assert isinstance(first, ProductsEvent)
    await stream.aclose()
    stored = assistant.conversation("left")
    assert stored.shown == tuple(card.hit.product.id for card in first.products)


async def test_a_broken_index_is_one_clear_line(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(request: SearchRequest) -> SearchResult:
        raise IndexUnavailableError("The vector store does not answer.", remedy="Start it.")

    monkeypatch.setattr(
        assistant.front, "searcher", type("Broken", (), {"search": staticmethod(fail)})
    )
    events = await reply(assistant, "mouse")
    assert events == [ErrorEvent(message="The vector store does not answer.", remedy="Start it.")]


@pytest.mark.parametrize("message", ["", "  ", "x" * 501])
async def test_messages_out_of_bounds_are_refused(assistant: Assistant, message: str) -> None:
    with pytest.raises(InvalidRequestError):
        await reply(assistant, message)


async def test_two_shoppers_at_once_do_not_mix(assistant: Assistant, model: ScriptedModel) -> None:
    model.enqueue(TRUE_SENTENCE, TRUE_SENTENCE)
    mice, bags = await asyncio.gather(
        reply(assistant, "wireless mouse", "a"), reply(assistant, "leather bag", "b")
    )
    assert products(mice)[-1].products[0].hit.product.category[-1] == "Mice"
    assert assistant.conversation("a").turns[0].message == "wireless mouse"
    assert assistant.conversation("b").turns[0].message == "leather bag"
    assert products(bags)[-1].products


async def test_the_search_box_searches_even_a_greeting(assistant: Assistant) -> None:
    understanding, result = await assistant.search("hello")
    assert understanding.act is Act.SEARCH
    assert result.request.text == "hello"


async def test_an_empty_search_lists_the_store(assistant: Assistant) -> None:
    _, result = await assistant.search("", limit=50)
    assert len(result.hits) == len(EVERYTHING)


def run_experiment(assistant: Assistant, **fields: object) -> None:
    treatment = fields.pop("treatment", {})
    arms = {"control": {"share": 1e-9}, "new": {"share": 1 - 1e-9, "treatment": treatment}}
    row = {"name": "e", "arms": arms, **fields}
    assistant.front.experiments = Experiments(
        ExperimentsFile.model_validate({"experiments": [row]})
    )


VISITOR = Visitor("c1", "s1")


async def test_a_treatment_of_the_ranking_acts_on_searches_by_relevance_only(
    assistant: Assistant,
) -> None:
    _, before = await assistant.search("quiet wireless mouse", visitor=VISITOR)
    run_experiment(assistant, treatment={"search": {"lexical_share": 0.0}})
    _, after = await assistant.search("quiet wireless mouse", visitor=VISITOR)
    assert not before.experiments
    assert after.experiments == {"e": "new"}
    assert [hit.score for hit in after.hits] != [hit.score for hit in before.hits]
    _, sorted_by_price = await assistant.search(
        "quiet wireless mouse", visitor=VISITOR, sort=Sort.PRICE_ASCENDING
    )
    assert not sorted_by_price.experiments
    assert not (await assistant.search("quiet wireless mouse"))[1].experiments


async def test_interleaved_pages_fit_together_and_name_their_teams(assistant: Assistant) -> None:
    run_experiment(assistant, treatment={"search": {"lexical_share": 0.0}}, interleave=True)
    _, whole = await assistant.search("mouse", visitor=VISITOR, limit=4)
    _, second = await assistant.search("mouse", visitor=VISITOR, limit=2, offset=2)
    assert whole.experiments == {"e": "interleaved"}
    assert {hit.team for hit in whole.hits} == {"control", "new"}
    assert [h.product.id for h in second.hits] == [h.product.id for h in whole.hits][2:4]


async def test_a_treatment_can_do_without_the_model(
    assistant: Assistant, model: ScriptedModel
) -> None:
    run_experiment(assistant, treatment={"chat": {"llm": False, "cards": 1}})
    events = [event async for event in assistant.reply(OPEN_WISH, "c", visitor=VISITOR)]
    assert done(events).trace["llm_understanding"] == "off by an experiment"
    assert texts(events)
    assert len(products(events)[0].products) == 1
    assert not model.calls


async def test_a_turn_knows_the_tokens_of_its_requests(
    assistant: Assistant, model: ScriptedModel
) -> None:
    model.enqueue(READ_MOUSE, TRUE_SENTENCE)
    await reply(assistant, OPEN_WISH)
    costs = turn_costs(assistant.conversation("c").turns[-1])
    given = sum(len(str(m.text).split()) for call in model.calls for m in call.messages)
    written = len(READ_MOUSE.split()) + len(TRUE_SENTENCE.split())
    assert (costs["prompt_tokens"], costs["completion_tokens"]) == (given, written)
    assert costs["tokens"] == given + written


async def test_a_turn_that_gave_up_on_the_model_has_no_count(
    assistant: Assistant, model: ScriptedModel
) -> None:
    model.enqueue(Delay(READ_MOUSE, seconds=5), TRUE_SENTENCE)
    await reply(assistant, OPEN_WISH)
    turn = assistant.conversation("c").turns[-1]
    assert turn.trace["tokens"]["unknown"] == 1 and "tokens" not in turn_costs(turn)
