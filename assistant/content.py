"""Which of the store's guides a chat turn offers beside its products."""

from __future__ import annotations

from assistant.turn import Selection, TurnRecord
from assistant.types import Act, Understanding
from retrieval.recommend.guides import GuideCard, offer_guide
from retrieval.types import StoreInfo, Vocabulary


def choose_guide(
    turn: TurnRecord,
    understanding: Understanding,
    selection: Selection,
    store: StoreInfo,
    vocabulary: Vocabulary,
) -> GuideCard | None:
    """The card to show below the turn's products, noted in `turn`; None where none helps.

    Who asks for what is like a product has one before their eyes; whoever was offered a guide
    or heard one quoted in this conversation is not offered it again.
    """
    asked = understanding.act in (Act.SEARCH, Act.REFINE) and not understanding.like
    if not asked or selection.result is None:
        return None
    result, language = selection.result, understanding.language
    card = offer_guide(store, vocabulary, result, language, turn.id, turn.guides)
    if card is not None:
        turn.guides = (*turn.guides, card.id)
        turn.trace["guide"] = card.id
    return card
