"""The real vLLM with the real weights: answers, expressions, streams, aborts, restarts."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import time

import httpx
import psutil
import pytest
from langchain_core.messages import HumanMessage, SystemMessage

from assistant.llm.engine import Engine, EngineLanguageModel
from assistant.llm.engine_command import choose_device
from assistant.llm.engine_environment import EngineEnvironment
from assistant.llm.engine_record import SharedRecord
from assistant.settings import load_settings
from assistant.types import EngineState

pytestmark = pytest.mark.llm

REGEX = r'\{"colour": "(red|green|blue)", "max_price": (null|[0-9]{1,5})\}'
RULES = SystemMessage("You read a shopper's message. Answer with one line of JSON.")


async def test_answers_in_words_and_reports_the_cost(real_engine: Engine) -> None:
    model = EngineLanguageModel(real_engine)
    done = await model.complete([HumanMessage("What is the capital of France?")], max_tokens=12)
    assert "Paris" in done.text
    assert done.prompt_tokens > 10
    assert 0 < done.completion_tokens <= 12


async def test_an_answer_matches_the_expression_and_the_message(real_engine: Engine) -> None:
    model = EngineLanguageModel(real_engine)
    messages = [RULES, HumanMessage("a blue mouse, at most 40 dollars")]
    done = await model.complete(messages, max_tokens=40, regex=REGEX)
    assert re.fullmatch(REGEX, done.text)
    assert json.loads(done.text)["colour"] == "blue"


async def test_the_head_of_a_prompt_is_computed_once(real_engine: Engine) -> None:
    model = EngineLanguageModel(real_engine)
    prices = " ".join(f"Mouse {i} costs {i} euro." for i in range(20))
    head = SystemMessage(f"You sell mice. {prices} It is {time.time()}.")
    first = await model.complete([head, HumanMessage("Which is cheap?")], max_tokens=1)
    again = await model.complete([head, HumanMessage("Which costs the most?")], max_tokens=1)
    assert first.prompt_tokens > 100
    assert again.cached_tokens > 0.6 * again.prompt_tokens
    assert first.cached_tokens <= again.cached_tokens


async def test_streams_while_it_writes_in_both_languages(real_engine: Engine) -> None:
    model = EngineLanguageModel(real_engine)
    times, text = [], ""
    async for piece in model.stream([HumanMessage("用中文从一数到五")], max_tokens=24):
        times.append(time.monotonic())
        text += piece
    assert len(times) > 3
    assert times[-1] > times[0]
    assert re.search(r"[一-鿿]", text)


async def test_leaving_a_stream_ends_the_work(real_engine: Engine) -> None:
    model = EngineLanguageModel(real_engine)
    stream = model.stream([HumanMessage("Count to one thousand.")], max_tokens=1500)
    await anext(stream)
    assert (await asyncio.to_thread(read_metrics, real_engine))["vllm:num_requests_running"] == 1
    await stream.aclose()  # type: ignore[attr-defined]
    for _ in range(100):
        running = await asyncio.to_thread(read_metrics, real_engine)
        if running["vllm:num_requests_running"] == 0:
            return
        await asyncio.sleep(0.1)
    pytest.fail("the engine still writes for a reader who left")


def test_on_cpus_without_vnni_the_weight_only_kernel_serves(real_engine: Engine) -> None:
    settings = load_settings()
    if settings.llm_url or choose_device(settings) != "cpu":
        pytest.skip("needs an engine of our own on a CPU")
    environment = EngineEnvironment(settings.engine_path, "cpu")
    asked = (
        "import aisle_vllm_plugin as p; p.register();"
        "from vllm.model_executor.kernels.linear import _POSSIBLE_INT8_KERNELS as k;"
        "from vllm.platforms import PlatformEnum;"
        "print(p.lacks_vnni(), k[PlatformEnum.CPU][0].__name__)"
    )
    done = subprocess.run(
        [str(environment.python), "-c", asked],
        env=os.environ | {"VLLM_TARGET_DEVICE": "cpu"},
        capture_output=True,
        text=True,
        check=True,
    )
    lacking, first = done.stdout.split()[-2:]
    assert (first == "WeightOnlyInt8Kernel") == (lacking == "True")
    if lacking == "True":
        log = (settings.logs_path / "engine.log").read_text("utf-8", "replace")
        assert "Selected WeightOnlyInt8Kernel" in log


async def test_a_killed_engine_comes_back(real_engine: Engine) -> None:
    settings = load_settings()
    record = SharedRecord(settings.engine_path).read()
    if settings.llm_url or record is None:
        pytest.skip("needs an engine of our own")
    guard = psutil.Process(record.pid)
    before = guard.children(recursive=True)
    os.kill(guard.children()[0].pid, signal.SIGKILL)
    seen = set()
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline:
        seen.add(real_engine.status.state)
        if EngineState.STARTING in seen and real_engine.status.state is EngineState.READY:
            break
        await asyncio.sleep(0.2)
    assert real_engine.status.state is EngineState.READY
    done = await EngineLanguageModel(real_engine).complete([HumanMessage("Say yes.")], max_tokens=3)
    assert done.text
    assert not [process for process in before if process.is_running()]


def read_metrics(engine: Engine) -> dict[str, float]:
    """vLLM's counters, summed over their labels."""
    assert engine.base_url is not None
    text = httpx.get(engine.base_url.removesuffix("/v1") + "/metrics", trust_env=False).text
    totals: dict[str, float] = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            totals[name.split("{")[0]] = totals.get(name.split("{")[0], 0.0) + float(value)
    return totals
