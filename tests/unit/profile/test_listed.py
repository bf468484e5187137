"""Lists as JSON: joined of kept texts, they say what the list says."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.learning_store import LearningStore

from retrieval.profile.profile import Profile
from retrieval.profile.types import Action
from retrieval.recommend.types import Kind, RecommendationRequest
from retrieval.types import Language
from ui.listed import ListWriter


@pytest.mark.parametrize("kind", list(Kind))
def test_a_written_list_is_the_list(
    shop: LearningStore, profile_of: Callable[..., Profile], kind: Kind
) -> None:
    writer = ListWriter(most=5)  # fewer than there are, so that texts go and come back
    profile = profile_of((Action.CLICK, "bag-okoro-red"), (Action.ORDER, "lamp-tavrik-red"))
    for language in Language:
        request = RecommendationRequest(kind=kind, items=("bag-okoro-red",), language=language)
        found = shop.recommender.recommend(request, profile)
        assert writer.write(found) == found.model_dump_json()
        assert writer.write(found) == found.model_dump_json()


def test_a_changed_price_is_written(
    shop: LearningStore, profile_of: Callable[..., Profile]
) -> None:
    writer = ListWriter()
    found = shop.recommender.recommend(RecommendationRequest(kind=Kind.FOR_YOU), profile_of())
    writer.write(found)
    first = found.products[0]
    cheaper = first.product.model_copy(update={"price": first.product.price / 2})
    row = first.model_copy(update={"product": cheaper, "reasons": ('"products":[]',)})
    changed = found.model_copy(update={"products": (row, *found.products[1:])})
    assert writer.write(changed) == changed.model_dump_json()
