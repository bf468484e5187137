"""Lists as one shopper sees them: searched, ordered a little to their taste, treated by the
experiments they are in, with advertisements beside."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from assistant.advertising import add_sponsored, audience_of
from assistant.experiments import search_interleaved
from assistant.types import Understanding
from retrieval.ads.server import AdServer
from retrieval.experiment.assign import Experiments
from retrieval.experiment.types import NOTHING, Assignment, Part
from retrieval.profile.types import Visitor
from retrieval.recommend.service import Learning, Reach
from retrieval.types import (
    Product,
    Searcher,
    SearchRequest,
    SearchResult,
    SimilarResult,
    Sort,
)


class Storefront:
    """Searches for a shopper; the catalogue's searcher may be replaced while it serves."""

    def __init__(
        self,
        searcher: Searcher,
        learning: Learning | None = None,
        experiments: Experiments | None = None,
        ads: AdServer | None = None,
    ) -> None:
        """Without `learning` nothing is ordered by taste; without `experiments` every shopper
        gets the same; without `ads` nothing is sponsored."""
        self.searcher = searcher
        self.learning = learning
        self.experiments = experiments or Experiments()
        self.ads = ads

    def find(self, ids: Sequence[str]) -> Sequence[Product]:
        """The products with these ids, in the order asked; unknown ones are left out."""
        return self.searcher.get(ids)

    async def products(self, ids: Sequence[str]) -> tuple[Product, ...]:
        """`find`, off the event loop."""
        return await asyncio.to_thread(self.searcher.get, ids) if ids else ()

    def remembered_client(self, visitor: Visitor | None) -> str:
        """The visitor's client id where their shopper agreed to be remembered, else nothing."""
        if visitor is None or self.learning is None or not self.learning.remembers(visitor):
            return ""
        return visitor.client_id

    async def search(
        self,
        understanding: Understanding,
        limit: int,
        visitor: Visitor | None,
        assignment: Assignment = NOTHING,
        *,
        offset: int = 0,
        facets: bool = False,
        image: Sequence[float] = (),
        session: str | None = None,
    ) -> SearchResult:
        """A page of results, a little to the visitor's taste where the order is relevance.

        Its first page may have advertisements, unless `session` is None: nobody sees it.
        """
        request = page_request(understanding, limit).model_copy(
            update={
                "offset": offset,
                "facets": facets,
                "image": tuple(image),
                "treatment": assignment.treatment.search,
            }
        )
        ads = self.ads if session is not None and not offset else None
        candidates = ads.candidates() if ads else ()
        if ads is None or not candidates:
            return await self._search_organic(request, understanding, visitor, assignment)
        request = request.model_copy(update={"candidates": candidates})
        found = await self._search_organic(request, understanding, visitor, assignment)
        return await asyncio.to_thread(
            lambda: add_sponsored(
                found, ads, audience_of(visitor, self.learning, session or ""), self.find
            )
        )

    async def _search_organic(
        self,
        request: SearchRequest,
        understanding: Understanding,
        visitor: Visitor | None,
        assignment: Assignment,
    ) -> SearchResult:
        """What is found for its own sake; campaigns change nothing of it."""
        offset, limit = request.offset, request.limit
        relevance = understanding.sort is Sort.RELEVANCE
        personal = assignment.treatment.personal is not False and visitor is not None
        learning = self.learning if relevance and personal else None
        acting = [Part.RANKING] if understanding.query and relevance and not request.image else []
        if relevance and self.learning and visitor:
            acting.append(Part.TASTE)
        shown = {"request": request, "experiments": assignment.exposed(acting)}
        reach = learning.reach(visitor, offset, limit) if learning else Reach(offset, limit)
        wider = request.model_copy(
            update={"offset": reach.offset, "limit": reach.limit, "cards": reach.limit}
        )

        def search() -> SearchResult:
            draft = assignment.interleaving if acting[:1] == [Part.RANKING] else None
            if draft and visitor:
                found = search_interleaved(self.searcher, wider, draft, visitor)
            else:
                found = self.searcher.search(wider)
            if learning is None:
                return found.model_copy(update=shown)
            hits, version = learning.order(
                found.hits,
                understanding.query,
                visitor,
                understanding.language,
                offset=offset,
                limit=limit,
            )
            more = found.more or reach.offset + len(found.hits) > offset + limit
            return found.model_copy(
                update={**shown, "hits": hits, "more": more, "model_version": version}
            )

        return await asyncio.to_thread(search)

    async def similar(
        self,
        product_id: str,
        understanding: Understanding,
        limit: int,
        visitor: Visitor | None,
        *,
        offset: int = 0,
        session: str | None = None,
    ) -> SimilarResult | None:
        """Products like this one, with advertisements as in `search`; None for an unknown id."""
        request = understanding.search_request(limit).model_copy(
            update={"offset": offset, "cards": limit}
        )
        ads = self.ads if session is not None and not offset else None
        if ads is None:
            return await asyncio.to_thread(self.searcher.similar, product_id, request)
        request = request.model_copy(update={"candidates": ads.candidates()})

        def find() -> SimilarResult | None:
            found = self.searcher.similar(product_id, request)
            if found is None:
                return None
            audience = audience_of(visitor, self.learning, session or "")
            result = add_sponsored(found.result, ads, audience, self.find, [product_id])
            return found.model_copy(update={"result": result})

        return await asyncio.to_thread(find)


def page_request(
    understanding: Understanding, limit: int, cards: int | None = None
) -> SearchRequest:
    """The search for people to look at: nothing beside the point, no card twice, ways out.

    Of the `limit` products the first `cards` (all by default) come with their variants.
    """
    cards = limit if cards is None else cards
    return understanding.search_request(limit).model_copy(
        update={"relevant": True, "diverse": True, "relax": True, "cards": cards}
    )
