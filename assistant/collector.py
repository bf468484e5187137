"""Keeps Python's garbage collector from stopping a server.

A full collection looks through every object that lives, and everything stands still meanwhile:
a quarter of a second over a store's vocabulary and the pages. None of that is ever garbage.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# New objects until the youngest, the middle and the oldest generation are looked through. One
# list of recommendations makes a few thousand, so that by Python's own bound (700) what is still
# in use grew old, and a full collection followed every few seconds.
THRESHOLDS = (10_000, 10, 20)


@contextmanager
def sparing_collector() -> Iterator[None]:
    """Collect seldom, and never look at what is there now; at the end as it was before."""
    before = gc.get_threshold()
    gc.set_threshold(*THRESHOLDS)
    leave_alone()
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def leave_alone() -> None:
    """What lives now lives on; the collector need not look at it again."""
    gc.collect()
    gc.freeze()
