"""How fast does the language model write: int8, bfloat16, and llama.cpp on the same weights?

python -m benchmarks.llm [--models int8,bf16,llama.cpp] [--json OUT]

Uses AISLE_HOME, where missing models are built first; stop a running Aisle before. One engine
at a time. Each measures the decoding of one stream and of eight at once, and the first token of
a prompt of about 600 tokens, cold and again with another question (its head is cached then).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path

import httpx
from rich.console import Console
from rich.table import Table

from assistant.llm.engine import open_engine
from assistant.llm.weights import pull_model
from assistant.settings import Settings, load_settings
from assistant.types import EngineState

STEM = "qwen2.5-coder-1.5b"
STREAMS = 8
FACTS = " ".join(
    f"Product {i}: brand {'ABCDEFG'[i % 7]} wireless mouse, {i * 3 + 11} dollars, rated {i % 5}."
    for i in range(25)
)
"""About 600 tokens of what a shop's prompt looks like."""

DECODED = {"int8": (48, 24), "bf16": (24, 8), "llama.cpp": (48, 24)}
"""Tokens to write: one stream, each of eight. bfloat16 is slow where a CPU has no instructions
for it; the measures are rates, so fewer tokens only make them less exact."""

MEASURES = {
    "decode_tok_s": "decode, 1 stream (tok/s)",
    "decode_8_tok_s": "decode, 8 streams (tok/s)",
    "first_token_cold_s": "first token, 600-token prompt (s)",
    "first_token_cached_s": "first token, its head cached (s)",
}


def stream(url: str, model: str, prompt: str, tokens: int) -> tuple[float, float, int]:
    """Seconds to the first token, seconds from there to the last, tokens written."""
    body = {
        "model": model,
        "messages": [{"role": "user", "content": prompt}],
        "max_tokens": tokens,
        "temperature": 0,
        "ignore_eos": True,
        "stream": True,
    }
    started, times = time.perf_counter(), []
    with httpx.stream(
        "POST", f"{url}/chat/completions", json=body, timeout=300, trust_env=False
    ) as response:
        response.raise_for_status()
        for line in response.iter_lines():
            if line.startswith("data: {"):
                choices = json.loads(line[6:])["choices"]
                if choices and choices[0]["delta"].get("content"):
                    times.append(time.perf_counter())
    return times[0] - started, times[-1] - times[0], len(times)


def measure(url: str, model: str, decoded: tuple[int, int]) -> dict[str, float]:
    """The four measures of one running server."""
    single, each = decoded
    stream(url, model, "Hi", 2)
    cold, _, _ = stream(url, model, f"{FACTS} Which is the cheapest?", 2)
    cached, _, _ = stream(url, model, f"{FACTS} Which one is rated best?", 2)
    _, seconds, tokens = stream(url, model, "Tell me all about mice.", single)
    return {
        "decode_tok_s": (tokens - 1) / seconds,
        "decode_8_tok_s": decode_together(url, model, each),
        "first_token_cold_s": cold,
        "first_token_cached_s": cached,
    }


def decode_together(url: str, model: str, tokens: int) -> float:
    """Tokens a second of eight streams, from when all of them write."""
    started = threading.Barrier(STREAMS)

    def write(number: int) -> float:
        prompt = f"{number}: tell me about mice"
        stream(url, model, prompt, 1)  # its prompt is cached now: what follows is decoding
        started.wait()
        begun = time.perf_counter()
        _, _, written = stream(url, model, prompt, tokens)
        return written / (time.perf_counter() - begun)

    with ThreadPoolExecutor(STREAMS) as pool:
        return sum(pool.map(write, range(STREAMS)))


def measure_vllm(settings: Settings, precision: str) -> dict[str, float]:
    """vLLM under Aisle's own supervision."""
    chosen = settings.model_copy(
        update={"engine_device": "cpu", "engine_cpu_model": f"{STEM}-{precision}"}
    )
    with open_engine(chosen) as engine:
        status = engine.wait()
        if status.state is not EngineState.READY or engine.base_url is None:
            raise SystemExit(status.detail or f"the engine is {status.state.value}")
        return measure(engine.base_url, status.model, DECODED[precision])


def measure_llama_cpp(settings: Settings) -> dict[str, float]:
    """llama.cpp's server, in a process of its own."""
    folder = pull_model(f"{STEM}-gguf", settings.models_path, lambda done, total, note="": None)
    with llama_cpp_server(next(folder.glob("*.gguf"))) as url:
        return measure(url, "any", DECODED["llama.cpp"])


@contextlib.contextmanager
def llama_cpp_server(gguf: Path) -> Iterator[str]:
    """Runs the server while the block lasts; yields its base URL."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=serve_llama_cpp, args=(str(gguf), sender), daemon=True)
    process.start()
    sender.close()  # so that a server that dies at its start ends the wait
    try:
        yield f"{receiver.recv()}/v1"
    except EOFError:
        raise SystemExit("llama.cpp's server does not start: pip install xllamacpp") from None
    finally:
        process.kill()
        process.join()


def serve_llama_cpp(gguf: str, ready: Connection) -> None:
    """Serves until killed, with the context and the streams that vLLM gets."""
    import xllamacpp

    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 2)  # it logs every request
    params = xllamacpp.CommonParams()
    params.model.path = gguf
    params.n_parallel = STREAMS
    params.n_ctx = 1024 * STREAMS
    params.port = 0
    params.cpuparams.n_threads = len(os.sched_getaffinity(0))
    server = xllamacpp.Server(params)
    ready.send(server.listening_address)
    time.sleep(3600)


def print_table(results: dict[str, dict[str, float]]) -> None:
    """One column an engine, and how int8 compares: above 1 int8 is better."""
    table = Table(title=f"{STEM} on {os.cpu_count()} cores")
    table.add_column("")
    for name in results:
        table.add_column(name, justify="right")
    others = [name for name in results if name != "int8" and "int8" in results]
    for name in others:
        table.add_column(f"int8 against {name}", justify="right")
    for measure_name, title in MEASURES.items():
        row = [f"{results[name][measure_name]:.2f}" for name in results]
        for name in others:
            ratio = results["int8"][measure_name] / results[name][measure_name]
            row.append(f"{ratio if 'tok_s' in measure_name else 1 / ratio:.2f} ×")
        table.add_row(title, *row)
    Console().print(table)


def main() -> None:
    """Measures each engine in turn and prints one table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--models", default="int8,bf16,llama.cpp")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    settings = load_settings()
    known: dict[str, Callable[[], dict[str, float]]] = {
        "int8": lambda: measure_vllm(settings, "int8"),
        "bf16": lambda: measure_vllm(settings, "bf16"),
        "llama.cpp": lambda: measure_llama_cpp(settings),
    }
    results = {}
    for name in options.models.split(","):
        print(f"measuring {name} …", flush=True)
        results[name] = known[name]()
    print_table(results)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1), "utf-8")


if __name__ == "__main__":
    main()
