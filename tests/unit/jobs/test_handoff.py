"""Hand-off: who has the conversation, what a colleague sees, and silence in between."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.jobs_store import open_small_assistant

from assistant.assistant import Assistant
from assistant.conversation import SqlConversationStore
from assistant.desk.desk import Desk
from assistant.desk.queue import DeskError, HandoffQueue
from assistant.desk.types import HandoffState
from assistant.jobs.result import JobContext
from assistant.jobs.run import JobRunner
from assistant.jobs.types import HandoffJob, HandoffReason
from assistant.store.shop import Shop
from assistant.types import HandoffEvent, ProductsEvent, ReplyEvent, TextEvent
from retrieval.types import Language

from .conftest import context, show


@pytest.fixture
def assistant(tmp_path: Path) -> Iterator[Assistant]:
    with open_small_assistant(tmp_path, password="a long password") as opened:
        yield opened


async def say(assistant: Assistant, message: str) -> list[ReplyEvent]:
    return [event async for event in assistant.reply(message, "c")]


def texts(events: list[ReplyEvent]) -> str:
    return " ".join(e.sentence.text for e in events if isinstance(e, TextEvent))


def states(events: list[ReplyEvent]) -> list[str]:
    return [e.state for e in events if isinstance(e, HandoffEvent)]


@pytest.mark.parametrize(
    ("wish", "ask", "hello"),
    [("a quiet mouse", "talk to a human", "still there?"), ("静音鼠标", "转人工", "在吗")],
)
async def test_while_a_human_holds_it_the_assistant_is_silent(
    assistant: Assistant, wish: str, ask: str, hello: str
) -> None:
    await say(assistant, wish)
    assert states(await say(assistant, ask)) == ["waiting"]
    assert isinstance((await say(assistant, wish))[0], ProductsEvent)
    desk = assistant.desk
    desk.queue.take("c", "Ana")
    events = await say(assistant, hello)
    assert states(events) == ["held"]
    assert not texts(events) and not any(isinstance(e, ProductsEvent) for e in events)
    desk.reply("c", "Ana", "I am here.", ("lamp",))
    spoken = desk.transcript("c")
    assert [s.message.text for s in spoken if s.message] == [hello, "I am here."]
    assert desk.last_said("c") == hello
    desk.queue.hand_back("c", "Ana")
    assert isinstance((await say(assistant, wish))[0], ProductsEvent)


async def test_what_an_agent_showed_may_be_bought(assistant: Assistant) -> None:
    await say(assistant, "talk to a human")
    assistant.desk.queue.take("c", "Ana")
    assistant.desk.reply("c", "Ana", "Take this one.", ("lamp",))
    assistant.desk.queue.hand_back("c", "Ana")
    events = await say(assistant, "add the first one to my cart")
    assert "Oak desk lamp" in texts(events)


async def test_two_failures_in_a_row_call_a_human(assistant: Assistant) -> None:
    assert states(await say(assistant, "can I get an invoice?")) == []
    assert states(await say(assistant, "an invoice with my company's name?")) == ["waiting"]
    ticket = assistant.desk.ticket("c")
    assert ticket.reason is HandoffReason.FAILURES
    assert states(await say(assistant, "can I get an invoice?")) == []


async def test_one_failure_between_successes_does_not(assistant: Assistant) -> None:
    for message in ("can I get an invoice?", "a quiet mouse", "can I get an invoice?"):
        assert states(await say(assistant, message)) == []


async def test_without_a_desk_no_colleague_is_promised(tmp_path: Path) -> None:
    with open_small_assistant(tmp_path) as alone:
        events = await say(alone, "talk to a human")
        assert states(events) == []
        assert "No colleague" in texts(events)
        assert alone.desk.queue.waiting() == ()


async def test_a_suggestion_does_nothing_and_is_verified(assistant: Assistant) -> None:
    await say(assistant, "a quiet mouse")
    await say(assistant, "talk to a human")
    english = Language.ENGLISH
    made = await assistant.suggest("how much is the first one?", "c", english, None)
    assert any("$24.99" in s.text for s in made.sentences)
    assert all(s.evidence for s in made.sentences)
    before = len(assistant.conversation("c").turns)
    await assistant.suggest("add the first one to my cart", "c", english, None)
    assert len(assistant.conversation("c").turns) == before
    from assistant.store.shop import Caller

    assert not assistant.shop.cart(Caller("c")).lines


def test_the_summary_says_what_was_wanted_seen_and_in_the_cart(
    runner: JobRunner, shop: Shop, queue: HandoffQueue, conversations: SqlConversationStore
) -> None:
    said: JobContext = context(show(conversations, "mouse", "lamp"), "get me a human")
    shop.add(said.caller, "mouse", None, 2)
    runner.run(HandoffJob(reason=HandoffReason.REQUEST), said)
    (ticket,) = queue.waiting()
    told = {line.label: line for line in ticket.summary.lines}
    assert ticket.summary.seen == ("mouse", "lamp")
    assert "$49.98" in told["cart"].text
    assert told["said"].text == "get me a human"
    assert all(line.evidence for line in ticket.summary.lines)


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("reason", [HandoffReason.MEDICAL, HandoffReason.SELF_HARM])
def test_matters_of_health_get_the_right_short_answer(
    reason: HandoffReason,
    language: Language,
    runner: JobRunner,
    queue: HandoffQueue,
    conversations: SqlConversationStore,
) -> None:
    result = runner.run(HandoffJob(reason=reason), context(show(conversations), "…", language))
    helps = {"medical": ("doctor", "医生"), "self_harm": ("988", "12356")}[reason.value]
    assert helps[language is Language.CHINESE] in result.sentences[0].text
    assert bool(queue.waiting()) == (reason is HandoffReason.SELF_HARM)


def test_two_agents_never_share_a_conversation(
    queue: HandoffQueue, conversations: SqlConversationStore, shop: Shop, runner: JobRunner
) -> None:
    said = context(show(conversations), "human")
    runner.run(HandoffJob(reason=HandoffReason.REQUEST), said)
    assert queue.take("c", "Ana").state is HandoffState.HELD
    assert queue.take("c", "Ana").agent == "Ana"
    with pytest.raises(DeskError):
        queue.take("c", "Ben")
    desk = Desk(queue, conversations, shop, "password")
    with pytest.raises(DeskError):
        desk.reply("c", "Ben", "hello")
    with pytest.raises(DeskError):
        queue.hand_back("c", "Ben")
    with pytest.raises(DeskError):
        queue.take("unknown", "Ana")


def test_who_may_be_hurt_comes_first(queue: HandoffQueue) -> None:
    from assistant.desk.types import HandoffSummary

    for number, reason in enumerate(
        (HandoffReason.REQUEST, HandoffReason.ANGER, HandoffReason.SELF_HARM)
    ):
        queue.open(f"c{number}", reason, Language.ENGLISH, HandoffSummary(), None)
    assert [t.conversation_id for t in queue.waiting()] == ["c2", "c0", "c1"]
