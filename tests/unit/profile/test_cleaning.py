"""What no shopper did is left out and counted."""

from __future__ import annotations

from support.events import NOW, event

from retrieval.profile.cleaning import MOST_A_MINUTE, Dropped, clean
from retrieval.profile.types import Action, Event, StoredEvent


def stored(*events: Event) -> list[StoredEvent]:
    ordered = sorted(events, key=lambda e: e.timestamp)
    return [StoredEvent(n, "c1", e) for n, e in enumerate(ordered)]


def test_people_pass() -> None:
    acts = stored(*(event(Action.CLICK, f"p{n}", ago=n) for n in range(30)))
    assert clean(acts, NOW) == (acts, Dropped())


def test_a_script_goes_whole_and_its_other_sessions_stay() -> None:
    burst = [event(Action.CLICK, f"p{n}", ago=5, session_id="b") for n in range(MOST_A_MINUTE + 1)]
    mine = event(Action.CLICK, "p1", ago=1)
    slow = event(Action.CLICK, "p2", ago=9, session_id="b")
    kept, dropped = clean(stored(*burst, mine, slow), NOW)
    assert [s.event for s in kept] == [mine]
    assert dropped == Dropped(bots=len(burst) + 1)


def test_what_calls_itself_a_program_goes() -> None:
    kept, dropped = clean(stored(event(Action.CLICK, "p1", automated=True)), NOW)
    assert not kept and dropped.bots == 1


def test_a_click_and_the_page_it_opens_are_one_sign() -> None:
    click, page = event(Action.CLICK, "p1", ago=1), event(Action.DETAIL_VIEW, "p1", ago=0.5)
    later = event(Action.DETAIL_VIEW, "p1", ago=-3)
    cart = event(Action.CART, "p1", ago=0.4)
    kept, dropped = clean(stored(click, page, cart, later), NOW)
    assert [s.event for s in kept] == [click, cart, later] and dropped.duplicates == 1


def test_the_future_and_the_reseller_are_outliers() -> None:
    ahead = event(Action.CLICK, "p1", ago=-60)
    pallet = event(Action.ORDER, "p2", quantity=400)
    kept, dropped = clean(stored(ahead, pallet), NOW)
    assert not kept and dropped.outliers == 2
