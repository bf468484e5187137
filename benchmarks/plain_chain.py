"""The baseline: a plain chain as tutorials build it.

The LLM rewrites the message, a vector search in the client's local mode finds products, the
LLM answers from them. Nothing is shown before the rewrite is done; nothing is checked.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from langchain_core.language_models import BaseChatModel
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from qdrant_client import QdrantClient, models

from retrieval.types import Encoder, Product

REWRITE = ChatPromptTemplate.from_messages(
    [
        (
            "system",
            "You turn a shopper's message into one short English search query for a product "
            "search engine. Answer with the query only.",
        ),
        ("human", "{message}"),
    ]
)
ANSWER = ChatPromptTemplate.from_messages(
    [
        (
            "system",
            "You are a shop assistant. Recommend from the products below in three sentences, "
            "in the shopper's language.\n\n{products}",
        ),
        ("human", "{message}"),
    ]
)


@dataclass(frozen=True)
class ChainTimes:
    """Seconds from the message to the first product and to the end of the answer."""

    first_product_s: float
    answer_s: float
    answer: str


class PlainChain:
    """Rewrite, search, answer, one after another."""

    def __init__(self, model: BaseChatModel, encoder: Encoder, products: list[Product]) -> None:
        self._rewrite = REWRITE | model.bind(max_tokens=32) | StrOutputParser()
        self._answer = ANSWER | model.bind(max_tokens=90) | StrOutputParser()
        self._encoder = encoder
        self._client = QdrantClient(":memory:")
        self._client.create_collection(
            "products",
            models.VectorParams(size=encoder.dimensions, distance=models.Distance.COSINE),
        )
        vectors = encoder.encode_passages([product.title for product in products])
        self._client.upload_collection(
            "products",
            vectors=vectors,
            payload=[{"title": p.title, "price": str(p.price)} for p in products],
            ids=list(range(len(products))),
        )

    async def answer(self, message: str) -> ChainTimes:
        """One turn, timed."""
        start = time.perf_counter()
        query = await self._rewrite.ainvoke({"message": message})
        vector = self._encoder.encode_queries([query])[0]
        found = self._client.query_points("products", query=vector.tolist(), limit=6).points
        listed = time.perf_counter() - start
        products = "\n".join(
            f"- {p.payload['title']}, {p.payload['price']}" for p in found if p.payload
        )
        text = await self._answer.ainvoke({"message": message, "products": products})
        return ChainTimes(listed, time.perf_counter() - start, text)
