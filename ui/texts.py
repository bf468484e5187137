"""The words of the pages, in the shopper's language."""

from __future__ import annotations

from retrieval.types import Language

TEXTS: dict[str, tuple[str, str]] = {
    # key: (English, Chinese)
    "chat": ("Chat", "对话"),
    "search": ("Search", "搜索"),
    "shop": ("Shop", "商店"),
    "products_in_store": ("{count} products", "{count} 件商品"),
    "welcome": ("What are you looking for?", "今天想找点什么？"),
    "welcome_more": (
        "Say it as you would to a shop assistant: what it is for, what matters, what it may cost.",
        "像跟店员说话一样告诉我：用途、在意的地方、预算。",
    ),
    "chat_placeholder": ("Ask for anything in the store …", "想买什么？直接说……"),
    "search_placeholder": ("Search the store …", "搜索商品……"),
    "send": ("Send", "发送"),
    "stop": ("Stop", "停止"),
    "new_chat": ("New chat", "新对话"),
    "working": ("Looking …", "正在查找……"),
    "writing": ("Writing …", "正在回答……"),
    "stopped": ("Stopped.", "已停止。"),
    "found": ("The best {shown} of {total}", "{total} 件中最合适的 {shown} 件"),
    "found_all": ("{total} found", "找到 {total} 件"),
    "counted_one": ("1 product in {ms} ms", "1 件商品，用时 {ms} 毫秒"),
    "counted": ("{total} products in {ms} ms", "{total} 件商品，用时 {ms} 毫秒"),
    "shown_first": ("the first {shown} shown", "显示前 {shown} 件"),
    "nothing_found": ("Nothing matches. Try fewer conditions.", "没有符合的商品，请减少条件再试。"),
    "in_stock": ("In stock", "有货"),
    "few_left": ("Only {stock} left", "仅剩 {stock} 件"),
    "sold_out": ("Sold out", "缺货"),
    "no_price": ("Price on request", "价格请咨询"),
    "sponsored": ("Sponsored", "推广"),
    "rated": ("{rating} of 5, {count} ratings", "{rating} 分（满分 5 分），{count} 条评价"),
    "understood": ("Understood", "已理解"),
    "remove": ("Remove {label}", "去掉 {label}"),
    "sort": ("Sort", "排序"),
    "sort_relevance": ("Best match", "综合"),
    "sort_price_asc": ("Price, low to high", "价格从低到高"),
    "sort_price_desc": ("Price, high to low", "价格从高到低"),
    "sort_rating": ("Best rated", "评分最高"),
    "sort_newest": ("Newest", "最新上架"),
    "not": ("not {what}", "不要 {what}"),
    "above": ("over {what}", "{what}以上"),
    "below": ("under {what}", "低于{what}"),
    "at_least": ("from {what}", "{what}以上"),
    "at_most": ("up to {what}", "{what}以内"),
    "between": ("{low} to {high}", "{low}至{high}"),
    "exactly": ("{what}", "{what}"),
    "rating_from": ("rated {what} or more", "评分 {what} 以上"),
    "engine_off": (
        "The language model is off; answers are written by rules.",
        "语言模型未启用，回答由规则生成。",
    ),
    "engine_loading": (
        "The language model is still loading; search works.",
        "语言模型仍在加载，搜索已可使用。",
    ),
    "engine_failed": (
        "The language model is not available; search and short answers work.",
        "语言模型不可用，搜索和简短回答仍可使用。",
    ),
    "details": ("Details", "参数"),
    "reviews": ("Reviews", "评价"),
    "all_products": ("All products", "全部商品"),
    "back": ("Back to the shop", "返回商店"),
    "not_found": ("We have no such product.", "没有这件商品。"),
    "more": ("More", "更多"),
    "previous": ("Previous", "上一页"),
    "next": ("Next", "下一页"),
    "store_assistant": ("Store assistant", "购物助手"),
    "ask_assistant": ("Ask the assistant", "问问购物助手"),
    "versions": ("Versions", "可选款式"),
    "page_error": ("This page could not be shown.", "页面暂时无法显示。"),
}


def say(key: str, language: Language, **values: object) -> str:
    """The text `key` in `language`, with `values` filled in."""
    english, chinese = TEXTS[key]
    return (chinese if language is Language.CHINESE else english).format(**values)
