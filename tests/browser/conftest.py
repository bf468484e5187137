"""A real Chromium, and the application in a server thread on loopback."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright
from starlette.types import ASGIApp
from support.learning_store import LearningStore

from assistant.database import open_database
from retrieval.profile.bus import InProcessBus
from retrieval.profile.events import SqlEventStore
from retrieval.recommend.service import Learning, Shelf
from ui.app import create_app
from ui.samples import sample_service
from ui.scripted import ScriptedService

ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = os.environ.get("AISLE_CHROMIUM") or shutil.which("chromium")
    if not path:
        pytest.skip("needs Chromium: apt-get install chromium fonts-noto-cjk, or AISLE_CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


class Serving:
    """A server thread that a test may stop in mid-answer."""

    def __init__(self, app: ASGIApp) -> None:
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config = uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([listener],), daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.02)

    def stop(self) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(10)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ScriptedService, Serving]]:
    service = sample_service(tmp_path_factory.mktemp("store") / "media")
    serving = Serving(create_app(service))
    yield service, serving
    serving.stop()


@pytest.fixture(scope="session")
def serving_class() -> type[Serving]:
    """The same, for servers that a whole module shares."""
    return Serving


@pytest.fixture
def serving_type() -> type[Serving]:
    """For tests that need a server of their own to stop."""
    return Serving


@pytest.fixture
def service(shared: tuple[ScriptedService, Serving]) -> ScriptedService:
    service = shared[0]
    service.scripts.clear()
    service.received.clear()
    service.cancelled.clear()
    return service


@pytest.fixture
def url(shared: tuple[ScriptedService, Serving]) -> str:
    return shared[1].url


@dataclass
class Watched:
    """A page, and everything it complained about or asked of other hosts."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)


Opener = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, url: str) -> Iterator[Opener]:
    """Opens a page in a fresh profile; at the end none may have complained."""
    watched: list[Watched] = []

    def open_page(
        path: str = "/",
        *,
        locale: str = "en-US",
        size: tuple[int, int] = (1280, 860),
        tolerate_complaints: bool = False,
    ) -> Page:
        context = browser.new_context(locale=locale, viewport={"width": size[0], "height": size[1]})
        page = context.new_page()
        record = Watched(page)
        page.on("pageerror", lambda error: record.complaints.append(str(error)))
        page.on(
            "console",
            lambda line: record.complaints.append(line.text) if line.type == "error" else None,
        )
        page.on(
            "request",
            lambda sent: (
                None
                if sent.url.startswith((url, "data:", "blob:"))
                else record.foreign.append(sent.url)
            ),
        )
        if tolerate_complaints:
            record.complaints = []
        else:
            watched.append(record)
        page.goto(path if path.startswith("http") else url + path)
        return page

    yield open_page
    for context in browser.contexts:
        context.close()
    assert [record.complaints for record in watched if record.complaints] == []
    assert [record.foreign for record in watched if record.foreign] == []


@pytest.fixture(scope="module")
def learning(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Learning]:
    folder = tmp_path_factory.mktemp("learning")
    shop = LearningStore()
    database = open_database(f"sqlite:///{folder}/aisle.db")
    opened = Learning(
        events=SqlEventStore(database, "shop"),
        bus=InProcessBus(),
        shelf=Shelf(shop.items, shop.recommender, shop.recommender.products),
        statistics=shop.statistics,
    )
    opened.start()
    yield opened
    opened.close()
    shop.index.close()
    database.dispose()
