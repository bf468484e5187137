"""Customers' reviews: ratings that average to the product's, words that fit the rating."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from random import Random

from retrieval.catalog.demo.attributes import Value, fill, holds
from retrieval.catalog.demo.sources import Bilingual, CategorySource, Words
from retrieval.types import Language, Review

_CHINESE_SHARE = 0.4
_CONTEXT_SHARE = 0.55
_LOWEST_PRAISE = 4
_LOWEST_MIXED = 3
# A product's reviews were written within this many days before the reference date.
_DAYS_BACK = 400

Voices = Mapping[str, tuple[Bilingual, ...]]


def write_reviews(
    product_id: str,
    category: CategorySource,
    values: Mapping[str, Value],
    rating: float,
    voices: Voices,
    words: Words,
    released: date,
    today: date,
    random: Random,
) -> tuple[Review, ...]:
    """Two to five reviews whose mean rating is as near to `rating` as whole stars allow."""
    ratings = draw_ratings(rating, random.randint(2, 5), random)
    # what can be said of any product comes after what only this kind can be praised for
    praise = _true_pieces((category.praise, voices["praise_any"]), values, random)
    gripes = _true_pieces((category.gripes, voices["gripes_any"]), values, random)
    contexts = _draw_contexts(len(ratings), voices, random)
    authors = random.sample(voices["authors"], len(ratings))
    days = min(_DAYS_BACK, (today - released).days - 1)
    reviews = []
    for number, stars in enumerate(ratings, start=1):
        language = Language.CHINESE if random.random() < _CHINESE_SHARE else Language.ENGLISH
        said = _choose_pieces(stars, praise, gripes, voices, random)
        pieces = [*contexts[number - 1], *said]
        joint = "" if language is Language.CHINESE else " "
        text = joint.join(fill(piece.text(language), values, language, words) for piece in pieces)
        reviews.append(
            Review(
                id=f"{product_id}-r{number}",
                rating=stars,
                text=text,
                language=language,
                author=authors[number - 1].text(language),
                written=today - timedelta(days=random.randint(1, days)),
            )
        )
    return tuple(reviews)


def draw_ratings(mean: float, count: int, random: Random) -> list[int]:
    """`count` whole stars with some spread whose sum is the one nearest to count × mean."""
    stars = [min(5, max(1, round(random.gauss(mean, 0.8)))) for _ in range(count)]
    target = min(5 * count, max(count, round(mean * count)))
    while sum(stars) != target:
        step = 1 if sum(stars) < target else -1
        movable = [place for place, star in enumerate(stars) if 1 <= star + step <= 5]
        stars[random.choice(movable)] += step
    return stars


def _draw_contexts(count: int, voices: Voices, random: Random) -> list[tuple[Bilingual, ...]]:
    """For each review the occasion it was bought on, often none, never twice the same."""
    return [
        (piece,) if random.random() < _CONTEXT_SHARE else ()
        for piece in random.sample(voices["context"], count)
    ]


def _choose_pieces(
    stars: int,
    praise: list[Bilingual],
    gripes: list[Bilingual],
    voices: Voices,
    random: Random,
) -> list[Bilingual]:
    """Pieces of one review; what one customer said of a product no other one repeats."""
    pieces: list[Bilingual] = []
    if stars >= _LOWEST_PRAISE:
        pieces += _take(praise, random.choice((1, 1, 2)))
        if stars == _LOWEST_PRAISE:
            pieces += _take(gripes, 1)
    elif stars == _LOWEST_MIXED:
        pieces += _take(praise, 1) + _take(gripes, 1)
    else:
        pieces += _take(gripes, random.choice((1, 2)))
    if random.random() < 0.6 or not pieces:
        pieces.append(random.choice(voices[f"verdict_{stars}"]))
    return pieces


def _take(pieces: list[Bilingual], count: int) -> list[Bilingual]:
    taken = pieces[:count]
    del pieces[:count]
    return taken


def _true_pieces(
    groups: Sequence[Sequence[Bilingual]], values: Mapping[str, Value], random: Random
) -> list[Bilingual]:
    """The pieces that are true of the product, shuffled within their group."""
    pieces: list[Bilingual] = []
    for group in groups:
        true = [piece for piece in group if holds(piece, values)]
        random.shuffle(true)
        pieces += true
    return pieces
