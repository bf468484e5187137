"""The sentences of jobs, by language; every value in them comes from the store."""

from __future__ import annotations

from retrieval.types import Language

WORDING: dict[str, tuple[str, str]] = {
    # key: (English, Chinese)
    "added": ("I put {what} into your cart, {price} each.", "已将{what}加入购物车，单价{price}。"),
    "added_one": ("I put {what} into your cart for {price}.", "已将{what}加入购物车，{price}。"),
    "set": ("Your cart now holds {what}.", "购物车里现在是{what}。"),
    "removed": ("I took {what} out of your cart.", "已将{what}移出购物车。"),
    "cleared": ("Your cart is empty now.", "购物车已清空。"),
    "empty": ("Your cart is empty.", "购物车是空的。"),
    "total": (
        "Your cart holds {count} items, {total} in all.",
        "购物车共{count}件，合计{total}。",
    ),
    "total_one": ("Your cart holds 1 item, {total} in all.", "购物车共1件，合计{total}。"),
    "line": ("{position}. {what}: {price}.", "{position}. {what}：{price}。"),
    "several": ("{quantity} × {name}", "{quantity}件{name}"),
    "with_options": ("{name} ({options})", "{name}（{options}）"),
    "which_product": ("Which one do you mean?", "您指的是哪一款？"),
    "nothing_shown": (
        "I can only put products into your cart that I have shown you. What are you looking for?",
        "只有在这里展示过的商品才能加入购物车。您想找什么？",
    ),
    "no_such_line": ("That is not in your cart.", "购物车里没有这件商品。"),
    "which_line": ("Which of them?", "是哪一件？"),
    "which_option": (
        "Which {option} of the {name} would you like?",
        "{name}要哪一种{option}？",
    ),
    "sold_out": ("The {name} is sold out.", "{name}已售罄。"),
    "only_stock": (
        "Only {stock} of the {name} are in stock, so I could not put {quantity} in.",
        "{name}库存只有{stock}件，无法加入{quantity}件。",
    ),
    "only_one": (
        "Only 1 of the {name} is in stock, so I could not put {quantity} in.",
        "{name}库存只有1件，无法加入{quantity}件。",
    ),
    "too_many": (
        "A cart holds at most {most} of one product.",
        "同一商品最多可放{most}件。",
    ),
    "no_price": (
        "The {name} has no price in the catalogue, so it cannot be put into the cart.",
        "{name}没有标价，不能加入购物车。",
    ),
    "pay_in_shop": (
        "You pay on the shop's own checkout page; I take no payments here.",
        "请在商店的结算页面付款，我不会在对话中收款。",
    ),
    # orders
    "sign_in": (
        "Please sign in to see your orders: I go by who is signed in, not by a number or name.",
        "请先登录再查询订单：我只能为已登录的顾客查询，不能凭号码或姓名查询。",
    ),
    "no_order_system": (
        "I cannot see orders of this store.",
        "我无法查看这家商店的订单。",
    ),
    "no_orders": ("You have no orders here yet.", "您还没有订单。"),
    "no_such_order": ("You have no order {id}.", "您没有编号为{id}的订单。"),
    "order_head": (
        "Order {id} of {placed}, {total}: {items}.",
        "订单{id}（{placed}，{total}）：{items}。",
    ),
    "processing_expected": (
        "It is being packed and should arrive by {expected}.",
        "正在备货，预计{expected}前送达。",
    ),
    "processing_plain": ("It is being packed.", "正在备货。"),
    "shipped": (
        "It left us on {shipped} and should arrive by {expected}.",
        "已于{shipped}发货，预计{expected}前送达。",
    ),
    "shipped_plain": ("It is on its way.", "已发货，正在配送。"),
    "tracking": ("Its tracking number is {tracking}.", "物流单号是{tracking}。"),
    "delivered": ("It was delivered on {delivered}.", "已于{delivered}送达。"),
    "delivered_plain": ("It was delivered.", "已送达。"),
    "cancelled": ("It was cancelled.", "已取消。"),
    "returnable": (
        "You can return it until {until}.",
        "可在{until}之前退货。",
    ),
    "not_returnable": (
        "The time to return it ended on {until}.",
        "退货期已于{until}结束。",
    ),
    "return_noted": (
        "The return of the {name} from order {order} is noted: number {id}.",
        "已登记退货：订单{order}中的{name}，退货编号{id}。",
    ),
    "return_known": (
        "Return {id} of the {name} was noted on {day}.",
        "{name}的退货已于{day}登记，编号{id}。",
    ),
    "one_more_order": ("You have one more order.", "您还有1个订单。"),
    "more_orders": ("You have {count} more orders.", "您还有{count}个订单。"),
    "ask_return": (
        "Shall I note the return of the {name} from order {order}?",
        "要登记退货吗：订单{order}中的{name}？",
    ),
    "which_return": ("Which product do you want to return?", "您要退哪一件？"),
    "none_returnable": (
        "None of your orders can be returned now: only delivered ones can, until their last day.",
        "目前没有可退的订单：只有已送达且在退货期内的商品可以退货。",
    ),
    "too_early": (
        "Order {order} has not been delivered yet; it can be returned once it is.",
        "订单{order}尚未送达，送达后才能退货。",
    ),
    "yes_return": ("Yes, return it", "是的，退货"),
    "no_return": ("No, keep it", "不退了"),
    # why, why not, what if
    "why_nothing": (
        "I have not searched for anything yet, so there is no list to explain.",
        "我还没有搜索过，没有列表可以解释。",
    ),
    "why_unknown": (
        "I find no “{what}” in the catalogue.",
        "目录里没有找到“{what}”。",
    ),
    "why_shown": (
        "The {name} is in the list, at number {place}.",
        "{name}就在列表里，第{place}位。",
    ),
    "why_place": (
        "The {name} stands at place {place} of the {total} that fit “{query}”.",
        "在符合“{query}”的{total}件中，{name}排第{place}位。",
    ),
    "why_beside": (
        "The {name} fits your conditions, but is not among the {total} that “{query}” is about.",
        "{name}符合您的条件，但不在与“{query}”相关的{total}件之中。",
    ),
    "why_over": (
        "The {name} costs {price}, {difference} over your limit of {limit}.",
        "{name}售价{price}，比您的上限{limit}高{difference}。",
    ),
    "why_at_limit": (
        "The {name} costs {price}, and you asked for less than {limit}.",
        "{name}售价{price}，您要的是低于{limit}。",
    ),
    "why_under": (
        "The {name} costs {price}, {difference} under your minimum of {limit}.",
        "{name}售价{price}，比您的下限{limit}低{difference}。",
    ),
    "why_no_price": (
        "The {name} has no price in the catalogue, so it cannot be told to fit your limit.",
        "{name}在目录里没有标价，无法判断是否在预算内。",
    ),
    "why_attribute": (
        "For the {name}, the {label} is {value}, and you asked for {asked}.",
        "{name}的{label}是{value}，您要求的是{asked}。",
    ),
    "why_silent": (
        "For the {name}, the catalogue doesn't say the {label}, and you asked for {asked}.",
        "目录里没有说明{name}的{label}，您要求的是{asked}。",
    ),
    "why_brand": (
        "The {name} is from {brand}, and you asked for {asked}.",
        "{name}是{brand}的，您要的是{asked}。",
    ),
    "why_brand_not": (
        "The {name} is from {brand}, which you ruled out.",
        "{name}是{brand}的，您排除了这个品牌。",
    ),
    "why_rating": (
        "The {name} is rated {rating}, and you asked for at least {asked}.",
        "{name}评分{rating}，您要求至少{asked}。",
    ),
    "why_unrated": (
        "The {name} is not rated yet, and you asked for at least {asked}.",
        "{name}暂无评分，您要求至少{asked}。",
    ),
    "why_stock": ("The {name} is sold out.", "{name}已售罄。"),
    "why_term": (
        "The texts of the {name} say “{term}”, which you ruled out.",
        "{name}的文字里有您排除的“{term}”。",
    ),
    "why_category": (
        "The {name} is in “{category}”, which your request leaves out.",
        "{name}属于“{category}”，不在您要求的范围内。",
    ),
    "why_more": (
        "Without that condition you would see {added} more.",
        "去掉这个条件会多{added}件。",
    ),
    "why_one_more": (
        "Without that condition you would see one more.",
        "去掉这个条件会多1件。",
    ),
    "if_nothing": (
        "I see no condition in that which would change the list.",
        "这句话里没有会改变列表的条件。",
    ),
    "if_more": (
        "Then there would be {then} instead of {now}: {difference} more.",
        "那样会有{then}件，而不是{now}件：多{difference}件。",
    ),
    "if_fewer": (
        "Then there would be {then} instead of {now}: {difference} fewer.",
        "那样会有{then}件，而不是{now}件：少{difference}件。",
    ),
    "if_same": ("Then there would be {then} as well.", "那样同样是{then}件。"),
    "if_ask": ("Shall I show them?", "要看看吗？"),
    # bundles
    "bundle_missing": (
        "I find nothing to buy for: {what}.",
        "没有找到可购买的：{what}。",
    ),
    "bundle_total": ("Together these {count} cost {total}.", "{count}件合计{total}。"),
    "bundle_within": (
        "Together these {count} cost {total}, {difference} under your {budget}.",
        "{count}件合计{total}，比您的{budget}预算低{difference}。",
    ),
    "bundle_exact": (
        "Together these {count} cost {total}, exactly your budget.",
        "{count}件合计{total}，正好等于预算。",
    ),
    "bundle_over": (
        "No such set costs {budget} or less; the cheapest is {total}, {difference} over it.",
        "没有{budget}以内的组合；最便宜的是{total}，超出{difference}。",
    ),
    "bundle_item": ("{place}. {name}: {price}.", "{place}. {name}：{price}。"),
    "bundle_items": (
        "{place}. {quantity} × {name}: {price}.",
        "{place}. {quantity}件{name}：{price}。",
    ),
    # guides
    "guide": ("{title}: “{quote}”", "{title}：“{quote}”"),
    "no_guide": (
        "The store has no buying guide for this.",
        "商店没有这方面的选购指南。",
    ),
    # preferences
    "kept": ("I will keep in mind: {what}.", "我记住了：{what}。"),
    "list_kept": ("This is what I keep in mind: {what}.", "我记住的有：{what}。"),
    "nothing_kept": ("I keep nothing in mind about you.", "我没有记住关于您的任何信息。"),
    "which_kept": (
        "I keep no such thing in mind; what I keep is: {what}.",
        "我没有记住这一点，我记住的有：{what}。",
    ),
    "forgotten": ("I have forgotten: {what}.", "已忘记：{what}。"),
    # hand-off
    "handoff_request": ("Of course.", "好的。"),
    "handoff_anger": (
        "I am sorry that this has been so annoying.",
        "很抱歉给您带来不好的体验。",
    ),
    "handoff_failures": (
        "I have not been able to help you twice now.",
        "我已经连续两次没能帮到您。",
    ),
    "handoff_medical": (
        "I cannot give medical advice: please ask a doctor or a pharmacist, and in an emergency "
        "call your local emergency number.",
        "我不能提供医疗建议，请咨询医生或药师；紧急情况请拨打急救电话120。",
    ),
    "handoff_secrets": (
        "I keep how I am set up to myself, but I am glad to help you find something in this shop.",
        "我的内部设置不能透露，不过很乐意帮您在本店挑选商品。",
    ),
    "handoff_legal": (
        "I cannot give legal advice: please ask a lawyer or a consumer advice centre.",
        "我不能提供法律建议，请咨询律师或消费者协会。",
    ),
    "handoff_self_harm": (
        "I am sorry that you are going through this, and you do not have to face it alone. Please "
        "call your local emergency number or a crisis line now: 988 in the US and Canada, 116 123 "
        "in the UK and Ireland, 112 in Europe.",
        "听到您这样说，我很难过，您不必独自面对。请立即拨打全国心理援助热线12356，"
        "紧急情况请拨打120或110。",
    ),
    "handoff_queued": (
        "I have asked a colleague to take over; until they join, I am still here.",
        "我已请同事接手，在同事加入之前我仍会为您服务。",
    ),
    "handoff_nobody": (
        "No colleague can be reached in this chat at the moment.",
        "目前没有同事可以在这里接待您。",
    ),
    # policies
    "policy": ("{title}: “{quote}”", "{title}：“{quote}”"),
    "policy_silent": (
        "The store's policies don't say.",
        "商店的政策没有说明这一点。",
    ),
    "no_discount": (
        "I cannot give or promise discounts; the price shown is the price.",
        "我不能给予或承诺折扣，以页面标价为准。",
    ),
}


def say(key: str, language: Language, **values: object) -> str:
    """The sentence `key` in `language`, with `values` filled in."""
    english, chinese = WORDING[key]
    return (chinese if language is Language.CHINESE else english).format(**values)
