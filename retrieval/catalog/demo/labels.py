"""Chinese words for all that the store's products are described with."""

from __future__ import annotations

from retrieval.catalog.demo.sources import Sources


def chinese_labels(sources: Sources) -> dict[str, str]:
    """English category, attribute, unit, value, colour or brand → its Chinese word."""
    words = sources.words
    labels: dict[str, str] = {}
    for category in sources.categories:
        labels.update(zip(category.path, category.path_zh, strict=True))
    labels.update(words.names_zh)
    labels.update(words.units_zh)
    labels.update(words.values_zh)
    labels.update(words.families_zh)
    labels.update({brand.name: brand.zh for brand in sources.brands.values()})
    return labels
