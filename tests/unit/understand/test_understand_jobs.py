"""Which job a message asks for, with its typed arguments, in both languages."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from assistant.jobs.types import (
    AdviceJob,
    CartAction,
    CartJob,
    HandoffJob,
    OrderAction,
    OrderJob,
    PolicyJob,
    WhyJob,
)
from assistant.types import JOBS, Act, Conversation, Turn, Understanding
from assistant.understand.quick import RuleReader
from retrieval.types import Language, Product

LINES = (Path(__file__).parent / "jobs.jsonl").read_text(encoding="utf-8").splitlines()
MESSAGES = [json.loads(line) for line in LINES]


def follow(conversation: Conversation, job: CartJob | OrderJob) -> Conversation:
    """The conversation after a turn that did `job`."""
    act = Act.CART if isinstance(job, CartJob) else Act.ORDER
    done = Understanding(act=act, language=Language.ENGLISH, job=job, references=("p2",))
    turn = Turn(id="t2", message="…", understanding=done, started=datetime(2026, 1, 2, tzinfo=UTC))
    return conversation.model_copy(update={"turns": (*conversation.turns, turn)})


def summarise(read: Understanding) -> dict[str, Any]:
    job = read.job
    if isinstance(job, CartJob):
        said: dict[str, Any] = {"cart": job.action.value}
        said["ids"] = [int(i[1:]) for i in job.product_ids]
        return said | {"n": job.quantity}
    if isinstance(job, OrderJob):
        return {"order": job.action.value, "id": job.order_id}
    if isinstance(job, WhyJob):
        return {"why": job.action.value, "ids": [int(i[1:]) for i in job.product_ids]}
    if isinstance(job, AdviceJob):
        return {"advice": True}
    if isinstance(job, PolicyJob):
        return {"policy": list(job.topics)}
    return {}


def expect(line: dict[str, Any]) -> dict[str, Any]:
    if "cart" in line:
        return {"cart": line["cart"], "ids": line.get("ids", []), "n": line.get("n")}
    if "order" in line:
        return {"order": line["order"], "id": line.get("id", "")}
    if "why" in line:
        return {"why": line["why"], "ids": line.get("ids", [])}
    if "advice" in line:
        return {"advice": True}
    return {"policy": line["policy"]} if "policy" in line else {}


@pytest.mark.parametrize("line", MESSAGES, ids=lambda line: line["say"])
def test_reads_the_job(
    line: dict[str, Any],
    reader: RuleReader,
    shown: tuple[Product, ...],
    talk: Callable[..., Conversation],
) -> None:
    conversation = talk("mouse", shown)
    if line.get("after") == "cart":
        conversation = follow(
            conversation, CartJob(action=CartAction.ADD, product_ids=("p2",), quantity=1)
        )
    read = reader.read(line["say"], conversation, shown)
    assert summarise(read) == expect(line)
    assert (read.act in JOBS) == bool(expect(line))
    if "words" in line:
        assert isinstance(read.job, CartJob | WhyJob)
        assert line["words"] in read.job.words


@pytest.mark.parametrize("said", ["the black one", "black please", "要黑色的", "Black"])
def test_a_version_answers_the_question_for_it(
    said: str, reader: RuleReader, shown: tuple[Product, ...], talk: Callable[..., Conversation]
) -> None:
    choices = ("黑色", "白色") if "黑" in said else ("black", "white")
    asked = CartJob(action=CartAction.ADD, quantity=2, asked="p2", choices=choices)
    read = reader.read(said, follow(talk("mouse", shown), asked), shown)
    assert isinstance(read.job, CartJob)
    assert read.job.action is CartAction.ADD
    assert read.job.product_ids == ("p2",)
    assert read.job.quantity == 2


@pytest.mark.parametrize(("said", "confirmed"), [("Yes", True), ("是的", True), ("no", None)])
def test_a_return_is_made_only_when_confirmed(
    said: str,
    confirmed: bool | None,
    reader: RuleReader,
    shown: tuple[Product, ...],
    talk: Callable[..., Conversation],
) -> None:
    asked = OrderJob(action=OrderAction.RETURN, order_id="7", product_id="p1")
    read = reader.read(said, follow(talk("mouse", shown), asked), shown)
    assert (isinstance(read.job, OrderJob) and read.job.confirmed) == bool(confirmed)


HANDOFFS = (Path(__file__).parent / "handoffs.jsonl").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("line", [json.loads(h) for h in HANDOFFS], ids=lambda line: line["say"])
def test_reads_when_a_human_is_wanted(
    line: dict[str, Any],
    reader: RuleReader,
    shown: tuple[Product, ...],
    talk: Callable[..., Conversation],
) -> None:
    job = reader.read(line["say"], talk("mouse", shown), shown).job
    reason = job.reason.value if isinstance(job, HandoffJob) else None
    assert reason == line.get("reason")
