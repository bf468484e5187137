"""The wordings of composed sentences, by language."""

from __future__ import annotations

from retrieval.types import Language

# A clause that starts with "," stands beside the verb before it; one that starts with "@" is
# about the product named before it.
WORDING: dict[Language, dict[str, str]] = {
    Language.ENGLISH: {
        "stop": ".",
        "price": "costs {price}",
        "no_price": "has no price in the catalogue",
        "budget": ", {text}",
        "discount": "is {text}",
        "match": "matches {wishes}",
        "miss": "does not match {wishes}",
        "unknown": "@the catalogue doesn't say: {wishes}",
        "rank": "is {text}",
        "rating": "is {text}",
        "attribute": "@the {label} is {value}",
        "flag": "@{label}: {value}",
        "stock": "is {text}",
        "review": "@{text}",
        "silent": "For the {name}, the catalogue doesn't say: {topic}.",
        "nothing": "I found nothing that fits all of this; leaving out one condition will help.",
        "nothing_under": "I found nothing under {limit} that fits.",
        "nearest": "The nearest is the {name} at {price}.",
        "help": "I can help you find and compare products of this shop.",
        "hello": "Hello! Tell me what you are looking for, and for how much.",
        "welcome": "You're welcome! Just ask when you are looking for something else.",
        "bye": "Goodbye, and see you soon!",
    },
    Language.CHINESE: {
        "stop": "。",
        "price": "售价{price}",
        "no_price": "目录里没有标价",
        "budget": "{text}",
        "discount": "{text}",
        "match": "符合您的要求：{wishes}",
        "miss": "不符合：{wishes}",
        "unknown": "：目录里没有说明{wishes}",
        "rank": "是{text}的",
        "rating": "{text}",
        "attribute": "的{label}是{value}",
        "flag": "的{label}：{value}",
        "stock": "{text}",
        "review": "：{text}",
        "silent": "目录里没有说明{name}的这一点：{topic}。",
        "nothing": "没有找到同时符合这些条件的商品，放宽一个条件会有更多选择。",
        "nothing_under": "没有找到{limit}以内符合条件的商品。",
        "nearest": "最接近的是{name}，售价{price}。",
        "help": "我可以帮您在本店寻找和比较商品。",
        "hello": "您好！想找什么商品，预算多少，都可以告诉我。",
        "welcome": "不客气！还想找什么，随时告诉我。",
        "bye": "再见，欢迎下次再来！",
    },
}
