"""The promoted next-item model at work: what a shopper met in, the likeliest next products out."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from retrieval.errors import AisleError
from retrieval.profile.items import Cache
from retrieval.train.registry import TrainedModels

if TYPE_CHECKING:
    from retrieval.recommend.sequence import SequenceModel

logger = logging.getLogger(__name__)

# Seconds until a promotion or a rollback is noticed.
CHECKED_S = 1.0
# Latest products that a model reads; its transformer reads the last 50 of them.
HISTORY = 50
# Answers kept: a page asks for a list more than once between two clicks.
KEPT, FRESH_S = 5_000, 300.0
PREFIX = "sequence:"

Scored = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Serving:
    """What foretells now."""

    model: SequenceModel
    version: str

    @property
    def label(self) -> str:
        """What lists that it has a say in are logged with."""
        return f"{PREFIX}{self.version}"


class NextItems:
    """Foretells by the promoted model of one store; thread-safe.

    A version is read in a thread of its own, since reading the first one takes seconds (torch);
    until it is there the former one serves, or none.
    """

    def __init__(self, models: TrainedModels, *, serving: Serving | None = None) -> None:
        """With `serving` that version serves, whatever is promoted."""
        self._fixed = serving is not None
        self._models = models
        self._lock = threading.Lock()
        self._checked = -CHECKED_S
        self._wanted: str | None = None
        self._serving = serving
        self._loading: threading.Thread | None = None
        self._answers: Cache[tuple[str, int, tuple[str, ...]], Scored] = Cache(KEPT, FRESH_S)

    def serving(self) -> Serving | None:
        """The model that serves now; None where none was promoted or it is not read yet."""
        with self._lock:
            if not self._fixed and time.monotonic() - self._checked >= CHECKED_S:
                self._checked = time.monotonic()
                try:
                    self._follow(self._models.promoted())
                except AisleError as error:
                    logger.warning("the next-item model is not renewed: %s", error)
            return self._serving

    def renew(self, timeout_s: float = 60.0) -> Serving | None:
        """Look again at once, and wait until what was promoted is read."""
        with self._lock:
            self._checked = -CHECKED_S
        self.serving()
        if self._loading:
            self._loading.join(timeout_s)
        return self.serving()

    def _follow(self, version: str | None) -> None:
        if version == self._wanted:
            return
        self._wanted = version
        if version is None:
            self._serving = None
        else:
            self._loading = threading.Thread(
                target=self._load, args=(version,), name="next-items", daemon=True
            )
            self._loading.start()

    def _load(self, version: str) -> None:
        try:
            serving = read_serving(self._models, version)
        except AisleError as error:
            logger.warning("the next-item model %s does not serve: %s", version, error)
            return
        with self._lock:
            if self._wanted == version:
                self._serving = serving

    def foretell(self, serving: Serving, history: Sequence[str], most: int) -> Scored:
        """The likeliest next products with their scores, best first; `history` newest first.

        Empty where the model knows nothing of the history.
        """
        read = tuple(reversed(history[:HISTORY]))
        name = (serving.version, most, read)
        known = self._answers.get(name)
        if known is None:
            known = ()
            if len(serving.model.known(read)):
                found = serving.model.recommend(read, most, exclude=read)
                known = tuple((each.item, each.score) for each in found)
            self._answers.put(name, known)
        return known


def read_serving(models: TrainedModels, version: str) -> Serving:
    """A version, read; raises TerminalError when it is missing or damaged."""
    from retrieval.recommend.sequence import load_sequence_model  # torch takes seconds to import

    return Serving(load_sequence_model(models.root / version), version)
