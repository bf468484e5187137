"""How products and replies look in a terminal."""

from __future__ import annotations

from collections.abc import AsyncIterator

from rich.console import Console
from rich.markup import escape

from assistant.types import (
    BundleEvent,
    DoneEvent,
    ErrorEvent,
    GuideEvent,
    ProductsEvent,
    QuestionEvent,
    ReplyEvent,
    ShownProduct,
    TextEvent,
    Understanding,
)
from retrieval.types import Language, Product, SearchResult


def price_text(product: Product) -> str:
    """The price with its currency code, or a dash."""
    return "-" if product.price is None else f"{product.price} {product.currency}"


def print_card(
    console: Console,
    position: int,
    product: Product,
    language: Language,
    reasons: tuple[str, ...],
    *,
    sponsored: bool = False,
) -> None:
    """One product on one or two lines."""
    label = "赞助" if language is Language.CHINESE else "Sponsored"
    mark = f"[dim]\\[{label}][/dim]" if sponsored else f"[bold]{position}.[/bold]"
    stock = {None: "", 0: " [red]sold out[/red]"}.get(product.stock, "")
    rating = f" ★{product.rating} ({product.rating_count})" if product.rating else ""
    console.print(
        f"{mark} {escape(product.title_in(language))}"
        f"  [green]{price_text(product)}[/green]{rating}{stock}"
    )
    if reasons:
        console.print(f"   [dim]{escape(' · '.join(reasons))}[/dim]")


def print_result(console: Console, understanding: Understanding, result: SearchResult) -> None:
    """A search result with what was understood and how long it took."""
    took = sum(result.timings_ms.values())
    console.print(f"[dim]{result.total} products · {took:.0f} ms · {understanding.query}[/dim]")
    for position, hit in enumerate(result.hits, start=1):
        print_card(console, position, hit.product, understanding.language, ())
    for hit in result.sponsored:
        print_card(console, 0, hit.product, understanding.language, (), sponsored=True)


async def print_reply(console: Console, events: AsyncIterator[ReplyEvent]) -> DoneEvent | None:
    """Print a turn as it streams; gives back its DoneEvent."""
    done: DoneEvent | None = None
    async for event in events:
        match event:
            case ProductsEvent(products=products) if products:
                console.print(f"[dim]{event.stage} · {event.elapsed_ms:.0f} ms[/dim]")
                for card in products:
                    _print_shown(console, card, event.understanding.language)
            case BundleEvent(bundle=bundle):
                for item in bundle.items:
                    console.print(f"[bold]{escape(item.name)}[/bold]")
                    for card in item.products:
                        _print_shown(console, card, event.language)
            case GuideEvent(guide=guide):
                label = "选购指南" if guide.language is Language.CHINESE else "Buying guide"
                console.print(f"[dim]{label}:[/dim] {escape(guide.title)} [dim]{guide.id}[/dim]")
            case TextEvent():
                console.print(escape(event.sentence.text))
            case QuestionEvent():
                options = " / ".join(event.options)
                console.print(f"[cyan]{escape(event.text)}[/cyan] [dim]{escape(options)}[/dim]")
            case ErrorEvent():
                console.print(f"[red]{escape(event.message)} {escape(event.remedy)}[/red]")
            case DoneEvent():
                done = event
            case _:
                pass
    return done


def _print_shown(console: Console, card: ShownProduct, language: Language) -> None:
    print_card(
        console,
        card.position,
        card.hit.product,
        language,
        card.reasons,
        sponsored=card.sponsored,
    )
