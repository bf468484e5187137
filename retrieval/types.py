"""The nouns of retrieval: products, requests, results, and the Protocols parts meet at."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from retrieval.wording import humanise

if TYPE_CHECKING:
    from retrieval.index.types import ProductIndex, VectorName


class Frozen(BaseModel):
    """Immutable, strict about unknown fields, serialisable as JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Language(StrEnum):
    """Languages a shopper is answered in (ISO 639-1)."""

    ENGLISH = "en"
    CHINESE = "zh"


# ---------------------------------------------------------------- catalogue


class Attribute(Frozen):
    """One property of a product, e.g. ``display_diagonal`` = 27 inch.

    `name` is snake_case; a number is a Decimal with its unit, a yes/no is a bool.
    """

    name: str
    value: bool | Decimal | str
    unit: str | None = None


class Variant(Frozen):
    """One buyable version of a product (a size, a colour)."""

    id: str
    options: dict[str, str]
    price: Decimal | None = None
    stock: int | None = None


class Review(Frozen):
    """A customer's review; `rating` is 1 to 5."""

    id: str
    rating: int
    text: str
    language: Language = Language.ENGLISH
    author: str = ""
    written: date | None = None


class Translation(Frozen):
    """A product's shop texts in another language than the catalogue's own."""

    title: str
    description: str = ""


class Product(Frozen):
    """One product card as the merchant's feed gives it.

    `category` is the path from root to leaf in the catalogue's own language, empty when
    unknown. `stock` None means that the feed does not say, 0 that it is sold out.
    """

    id: str
    title: str
    price: Decimal | None
    currency: str
    description: str = ""
    brand: str | None = None
    category: tuple[str, ...] = ()
    category_derived: bool = False
    list_price: Decimal | None = None
    stock: int | None = None
    rating: Decimal | None = None
    rating_count: int = 0
    attributes: tuple[Attribute, ...] = ()
    variants: tuple[Variant, ...] = ()
    reviews: tuple[Review, ...] = ()
    identifiers: dict[str, str] = Field(default_factory=dict)
    url: str | None = None
    image_url: str | None = None
    released: date | None = None
    translations: dict[Language, Translation] = Field(default_factory=dict)

    def title_in(self, language: Language) -> str:
        """The title in `language`, else in the catalogue's own."""
        translation = self.translations.get(language)
        return translation.title if translation else self.title

    def description_in(self, language: Language) -> str:
        """The description in `language`, else in the catalogue's own."""
        translation = self.translations.get(language)
        return translation.description if translation else self.description

    def attribute(self, name: str) -> Attribute | None:
        """The attribute called `name`, or None."""
        for attribute in self.attributes:
            if attribute.name == name:
                return attribute
        return None


class Guide(Frozen):
    """A buying guide: content that may be shown or cited beside products."""

    id: str
    category: tuple[str, ...]
    titles: dict[Language, str]
    texts: dict[Language, str]


class Policy(Frozen):
    """A store rule (shipping, returns, warranty) that answers may cite by id."""

    id: str
    titles: dict[Language, str]
    texts: dict[Language, str]


class Campaign(Frozen):
    """What a sponsor pays for its products to be shown, labelled, where they are relevant.

    `bid` is the most for one click, `daily_budget` the most for a day (UTC), `budget` the most
    for all days, in the store's currency. `starts` and `ends` are its first and last day.
    """

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
    sponsor: str = Field(min_length=1, max_length=128)
    product_ids: tuple[str, ...] = Field(min_length=1, max_length=1000)
    category: tuple[str, ...] = ()
    bid: Decimal = Field(gt=0, max_digits=12, decimal_places=4, allow_inf_nan=False)
    daily_budget: Decimal = Field(gt=0, max_digits=14, decimal_places=4, allow_inf_nan=False)
    budget: Decimal | None = Field(
        default=None, gt=0, max_digits=14, decimal_places=4, allow_inf_nan=False
    )
    starts: date
    ends: date
    paused: bool = False

    @model_validator(mode="after")
    def end_after_start(self) -> Self:
        """A campaign that is over before it begins is a slip."""
        if self.ends < self.starts:
            raise ValueError("ends is before starts")
        return self


class Placement(Frozen):
    """The label of a sponsored product: who pays, and the signed offer that a click settles.

    `token` goes back with the events of the card as ``detail.placement``.
    """

    campaign_id: str
    sponsor: str
    token: str


class StoreInfo(Frozen):
    """What is true of the whole store rather than of one product.

    `exchange_rates` gives units of a foreign currency for one unit of `currency`
    (``{"CNY": Decimal("7.2")}``); a currency without a rate is never converted.
    """

    name: str
    title: str
    currency: str
    languages: tuple[Language, ...] = (Language.ENGLISH,)
    exchange_rates: dict[str, Decimal] = Field(default_factory=dict)
    policies: tuple[Policy, ...] = ()
    guides: tuple[Guide, ...] = ()
    campaigns: tuple[Campaign, ...] = ()
    products: int = 0
    imported_at: datetime | None = None


class AttributeKind(StrEnum):
    """How an attribute's values may be filtered."""

    NUMBER = "number"
    TEXT = "text"
    FLAG = "flag"


class AttributeProfile(Frozen):
    """What the catalogue holds of one attribute.

    `values` counts the most frequent text values; `surfaces` maps every known wording of
    the name or of a value (any language, lower case) to the canonical one.
    """

    name: str
    kind: AttributeKind
    products: int
    unit: str | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    values: dict[str, int] = Field(default_factory=dict)
    surfaces: dict[str, str] = Field(default_factory=dict)


class CategoryProfile(Frozen):
    """One category path, how many products it holds and what people call it (lower case).

    `brands` counts its products by brand, so that "HP printer" may become a condition;
    `attributes` counts those that have a number of each name, so that "a monitor over 24 inch"
    is known to speak of its display.
    """

    path: tuple[str, ...]
    products: int
    brands: dict[str, int] = Field(default_factory=dict)
    attributes: dict[str, int] = Field(default_factory=dict)
    surfaces: tuple[str, ...] = ()
    labels: dict[Language, str] = Field(default_factory=dict)


class Vocabulary(Frozen):
    """The words of one catalogue, learned at import and read by the quick reader.

    `brands` maps canonical brand → number of products; `words` maps every indexed word
    to its document frequency (for spelling and for telling known words from noise);
    `labels` gives attribute names and values in a language for display; `price_quantiles`
    gives minimum, nine deciles and maximum of prices, overall ("") and by category name.
    """

    brands: dict[str, int] = Field(default_factory=dict)
    brand_surfaces: dict[str, str] = Field(default_factory=dict)
    categories: tuple[CategoryProfile, ...] = ()
    attributes: dict[str, AttributeProfile] = Field(default_factory=dict)
    words: dict[str, int] = Field(default_factory=dict)
    labels: dict[Language, dict[str, str]] = Field(default_factory=dict)
    price_quantiles: dict[str, tuple[Decimal, ...]] = Field(default_factory=dict)

    def label(self, text: str, language: Language) -> str:
        """`text` (an attribute name or value) as shown to a shopper of `language`."""
        return self.labels.get(language, {}).get(text) or humanise(text)


# ------------------------------------------------------------------ request


class Range(Frozen):
    """A numeric interval; bounds are inclusive unless said otherwise.

    The bounds of a `derived` one are nobody's words: "around 20" is searched from 16 to 24,
    "cheaper than this one" up to a price; no answer may call them the shopper's limit.
    """

    minimum: Decimal | None = None
    maximum: Decimal | None = None
    exclusive_minimum: bool = False
    exclusive_maximum: bool = False
    derived: bool = False

    def holds(self, value: Decimal) -> bool:
        """Whether `value` lies inside."""
        if self.minimum is not None and (
            value < self.minimum or (self.exclusive_minimum and value == self.minimum)
        ):
            return False
        return self.maximum is None or not (
            value > self.maximum or (self.exclusive_maximum and value == self.maximum)
        )


class AttributeFilter(Frozen):
    """Keep products whose attribute `name` has one of `values` or lies in `range`.

    With `exclude` the products that match are dropped instead; products without the
    attribute then stay. An `implied` one was not said: "for my dad" is for no child.
    """

    name: str
    values: tuple[str, ...] = ()
    range: Range | None = None
    unit: str | None = None
    exclude: bool = False
    implied: bool = False


class Filters(Frozen):
    """Hard conditions; they act inside the vector search, never after it."""

    price: Range | None = None
    brands: tuple[str, ...] = ()
    excluded_brands: tuple[str, ...] = ()
    categories: tuple[tuple[str, ...], ...] = ()
    excluded_categories: tuple[tuple[str, ...], ...] = ()
    attributes: tuple[AttributeFilter, ...] = ()
    excluded_terms: tuple[str, ...] = ()
    in_stock: bool = False
    minimum_rating: Decimal | None = None
    ids: tuple[str, ...] | None = None
    excluded_ids: tuple[str, ...] = ()


class Sort(StrEnum):
    """Order of the result list; `affordable` weighs relevance and a low price alike."""

    RELEVANCE = "relevance"
    AFFORDABLE = "affordable"
    PRICE_ASCENDING = "price_asc"
    PRICE_DESCENDING = "price_desc"
    RATING = "rating"
    NEWEST = "newest"


class Change(Frozen):
    """One word of a query as it was typed and as it is read."""

    typed: str
    read: str


class Repair(Frozen):
    """A query with its slips of spelling mended; `text` is as typed where nothing changed.

    With `sure` the repaired wording takes the place of the typed one; else both are searched.
    """

    text: str
    changes: tuple[Change, ...] = ()
    sure: bool = True


class SearchTreatment(Frozen):
    """Overrides of one search, by an experiment; None leaves what serves.

    `ranker` names a ranker of the store's rankers folder; "off" orders by the fused scores,
    "shipped" by the ranker that comes with Aisle. `lexical_share` is what words count beside
    vectors in fusion.
    """

    ranker: Annotated[str | None, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")] = None
    lexical_share: Annotated[float | None, Field(ge=0, le=1)] = None


class SearchRequest(Frozen):
    """A typed search: what is looked for, under which conditions, in which order.

    An empty `text` lists whatever passes the filters. `rewrites` are further wordings of
    the same wish (e.g. an English translation of a Chinese query), fused with `text`.
    A plain request ranks whatever passes the filters. With `relevant` the list keeps to what
    the text is about, with `diverse` variants are folded into one card and look-alikes are
    spread; the first `cards` hits then carry their variants (reading them is what costs);
    `facets` and `relax` ask for what a page shows beside the list, and keep to what
    is relevant, too. With an `image` (a picture's vector) products that look like it are
    looked for; a `text` beside it counts as well. How relevant the `candidates` (product ids)
    are is told beside the list, which they do not change.
    """

    text: str
    language: Language = Language.ENGLISH
    rewrites: tuple[str, ...] = ()
    filters: Filters = Filters()
    sort: Sort = Sort.RELEVANCE
    limit: int = Field(default=10, ge=1, le=1000)
    offset: int = Field(default=0, ge=0, le=10_000)
    relevant: bool = False
    diverse: bool = False
    cards: int = Field(default=1000, ge=0)
    facets: bool = False
    relax: bool = False
    image: tuple[float, ...] = Field(default=(), exclude=True, repr=False)
    treatment: SearchTreatment = Field(default=SearchTreatment(), exclude=True, repr=False)
    candidates: tuple[str, ...] = Field(default=(), exclude=True, repr=False)


# ------------------------------------------------------------------- result


class HitVariant(Frozen):
    """One version on a card: the product itself, another of its family, or a variant of it.

    `options` says what sets it apart (``{"color": "red"}``); the key is an attribute's name,
    or "version" where only the titles differ. `variant_id` names one of the product's own
    variants.
    """

    product_id: str
    variant_id: str | None = None
    options: dict[str, str] = Field(default_factory=dict)
    price: Decimal | None = None
    stock: int | None = None
    image_url: str | None = None


class Hit(Frozen):
    """One ranked product; `signals` holds the scores of the retrievers that found it.

    `family` is shared by products that differ in colour, size or capacity only; `variants`
    are the versions to choose from, this one included, when the request is `diverse`.
    `reasons` say what of the shopper's own tastes it meets, where that moved it. `propensity`
    is the probability with which it was put at its place; events about it repeat it. `team` is
    the ranking that put it here where an experiment interleaves two. A hit with `sponsored`
    is an advertisement and is labelled as one wherever it is shown.
    """

    product: Product
    score: float
    signals: dict[str, float] = Field(default_factory=dict)
    family: str = ""
    variants: tuple[HitVariant, ...] = ()
    reasons: tuple[str, ...] = ()
    propensity: float = 1.0
    team: str = ""
    sponsored: Placement | None = None


class FilterKind(StrEnum):
    """What a condition, a facet or a relaxation is about."""

    CATEGORY = "category"
    BRAND = "brand"
    PRICE = "price"
    RATING = "rating"
    STOCK = "stock"
    ATTRIBUTE = "attribute"
    TERM = "term"


class FacetValue(Frozen):
    """One choice of a facet; choosing it alone in its facet leaves `count` products.

    `key` is what a URL sends for it (a brand, "Audio > Headphones", "27 inch", "50..100");
    an interval has its `range`, both ends included.
    """

    key: str
    count: int
    selected: bool = False
    range: Range | None = None


class Facet(Frozen):
    """Choices to narrow a result set by; counts are exact and ignore the facet's own filter.

    `name` is the attribute's, else the kind. `single` facets take one choice at a time.
    """

    kind: FilterKind
    name: str
    values: tuple[FacetValue, ...]
    unit: str | None = None
    single: bool = False


class Relaxation(Frozen):
    """One condition to give up, and what that would add.

    `name` says which one of its kind (an attribute, a refused brand or word); `added` is the
    exact number of products that `filters` let in and the request's own do not; `hits` are
    the first of those, the nearest to what was asked. `also` is a second condition (kind,
    name, excluded), where it takes giving up two.
    """

    kind: FilterKind
    name: str = ""
    excluded: bool = False
    also: tuple[FilterKind, str, bool] | None = None
    added: int
    filters: Filters
    hits: tuple[Hit, ...] = ()


class SearchResult(Frozen):
    """Ranked hits, the size of the result set, and stage times in ms.

    `total` counts what passes the filters and, for a `relevant` request with a text, is what
    the text is about (see `retrieval.relevance`). Where the text is about more products than
    are looked at, `exhaustive` is False and counts are lower bounds. `more` says whether a
    further page has hits. `model_version` names what ordered it besides relevance and
    `experiments` (→ arm) those that could act on this list: the events about it name them.
    `candidates` gives those of the request that are in the result set, from 1 (its first)
    towards 0 (its last); `sponsored` are advertisements to show beside.
    """

    request: SearchRequest
    hits: tuple[Hit, ...]
    sponsored: tuple[Hit, ...] = ()
    candidates: dict[str, float] = Field(default_factory=dict, exclude=True, repr=False)
    total: int
    exhaustive: bool = True
    more: bool = False
    facets: tuple[Facet, ...] = ()
    relaxations: tuple[Relaxation, ...] = ()
    model_version: str = ""
    timings_ms: dict[str, float] = Field(default_factory=dict)
    experiments: dict[str, str] = Field(default_factory=dict)


class SimilarKind(StrEnum):
    """In what respect a product is like another."""

    LOOKS = "looks"
    FAMILY = "family"
    BRAND = "brand"
    ATTRIBUTE = "attribute"
    PRICE = "price"
    CHEAPER = "cheaper"
    DEARER = "dearer"
    RATING = "rating"


class SimilarReason(Frozen):
    """One thing that a product shares with another, or has over it.

    `name` is the attribute's, `value` what both state (a brand, an attribute's value) or the
    difference in price in the store's currency.
    """

    kind: SimilarKind
    name: str = ""
    value: str = ""


class SimilarResult(Frozen):
    """Products like `product`, most alike first, and why, by product id."""

    product: Product
    result: SearchResult
    reasons: dict[str, tuple[SimilarReason, ...]] = Field(default_factory=dict)


# ---------------------------------------------------------------- protocols

Vectors = NDArray[np.float32]
Pixels = NDArray[np.uint8]


class SparseVector(Frozen):
    """A lexical vector: term hashes and their weights, of equal length."""

    indices: tuple[int, ...]
    values: tuple[float, ...]


class Encoder(Protocol):
    """Turns text into L2-normalised vectors of shape (n, dimensions)."""

    name: str
    dimensions: int

    def encode_queries(self, texts: Sequence[str]) -> Vectors: ...

    def encode_passages(self, texts: Sequence[str]) -> Vectors: ...


class ImageEncoder(Protocol):
    """Turns pictures of shape (side, side, 3), RGB, into L2-normalised vectors."""

    name: str
    dimensions: int
    side: int

    def encode(self, pictures: Sequence[Pixels]) -> Vectors: ...


class ProductImages(Protocol):
    """The pictures of products as an import needs them."""

    @property
    def encoder(self) -> ImageEncoder: ...

    def digest(self, product: Product) -> str:
        """What changes with the product's picture; empty when it has none to be read."""
        ...

    def encode(self, products: Sequence[Product]) -> list[Vectors | None]:
        """The vector of each product's picture, shape (dimensions,), None where it has none."""
        ...


class Searcher(Protocol):
    """All that chat, the search box and the faces need of retrieval."""

    def search(self, request: SearchRequest) -> SearchResult: ...

    def similar(self, product_id: str, request: SearchRequest) -> SimilarResult | None:
        """Products like this one among those that pass the request's filters, nearer to its
        text where it has one; None for an unknown id."""
        ...

    @property
    def photo_limit(self) -> int:
        """The most bytes of a picture for `encode_image`; 0 where it would raise."""
        ...

    def encode_image(self, data: bytes) -> tuple[float, ...]:
        """The vector of a picture (JPEG, PNG, WebP) for `SearchRequest.image`.

        Raises PictureError when it cannot be read, InvalidRequestError when the store's
        products have no pictures.
        """
        ...

    def get(self, ids: Iterable[str]) -> tuple[Product, ...]:
        """The products with these ids, in the order asked; unknown ids are left out."""
        ...


class Fingerprint(Frozen):
    """Digests of what is embedded and of everything else, to import only what changed."""

    text: str
    payload: str
    image: str = ""


class ProductIndexer(Protocol):
    """The write side of the index, as catalogue imports need it."""

    def fingerprint(self, product: Product) -> Fingerprint:
        """What `fingerprints` would give for this product if it were stored now."""
        ...

    def fingerprints(self) -> dict[str, Fingerprint]:
        """Product id → fingerprint of what is stored."""
        ...

    def reuse(self, index: ProductIndex, names: Collection[VectorName]) -> None:
        """Take vectors of unchanged products from another index, whose vectors of these names
        are of the same encoders."""
        ...

    def index(self, products: Sequence[Product]) -> None:
        """Embed and upsert."""
        ...

    def update(self, products: Sequence[Product]) -> None:
        """Replace everything but the vectors (price, stock, rating ...)."""
        ...

    def delete(self, ids: Sequence[str]) -> None: ...

    def flush(self) -> None:
        """Make everything written so far survive a crash."""
        ...


class ProgressListener(Protocol):
    """Told how far a long job is; `total` is None while unknown."""

    def __call__(self, done: int, total: int | None, note: str = "") -> None: ...
