"""The wordings of facts, by language."""

from __future__ import annotations

from retrieval.types import Language

PHRASES: dict[Language, dict[str, str]] = {
    Language.ENGLISH: {
        "price": "price {price}",
        "no_price": "the catalogue has no price",
        "under_budget": "{difference} under your budget of {budget}",
        "at_budget": "exactly at your budget of {budget}",
        "over_budget": "{difference} over your budget of {budget}",
        "discount": "{percent}% off its list price of {list_price}",
        "match": "matches: {wish}",
        "miss": "misses: {wish}",
        "unknown": "the catalogue doesn't say: {wish}",
        "rating": "rated {rating} of 5 by {count} customers",
        "rating_one": "rated {rating} of 5 by {count} customer",
        "sold_out": "sold out",
        "few_left": "only {stock} left in stock",
        "in_stock": "in stock",
        "review": "a {stars}-star review says: “{quote}”",
        "attribute": "{label}: {value}",
        "description": "the description says: “{quote}”",
        "yes": "yes",
        "no": "no",
    },
    Language.CHINESE: {
        "price": "价格{price}",
        "no_price": "目录里没有标价",
        "under_budget": "比{budget}的预算低{difference}",
        "at_budget": "正好等于{budget}的预算",
        "over_budget": "比{budget}的预算高{difference}",
        "discount": "比原价{list_price}低{saving}",
        "match": "符合：{wish}",
        "miss": "不符合：{wish}",
        "unknown": "目录里没有说明：{wish}",
        "rating": "评分{rating}（满分5分），{count}位顾客评价",
        "rating_one": "评分{rating}（满分5分），{count}位顾客评价",
        "sold_out": "已售罄",
        "few_left": "仅剩{stock}件",
        "in_stock": "有货",
        "review": "一条{stars}星评价写道：“{quote}”",
        "attribute": "{label}：{value}",
        "description": "商品描述写道：“{quote}”",
        "yes": "是",
        "no": "否",
    },
}
