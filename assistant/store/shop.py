"""The store's business as the faces and the jobs use it: whose cart, what may go in, who asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.store.tokens import ShopperTokens, SignInError
from assistant.store.types import Cart, Order, Shopper, StoreBackend, StoreBackendError
from assistant.types import ConversationStore


@dataclass(frozen=True)
class Caller:
    """Who speaks: a conversation, and the shopper whose token came with it, if any."""

    conversation_id: str
    shopper_id: str | None = None
    client_id: str = ""
    """The browser or app, where its shopper agreed to be remembered."""

    @property
    def remembered(self) -> str:
        """Whose tastes are kept: the shopper's, else the browser's, else the conversation's."""
        if not self.shopper_id and self.client_id:
            return f"client:{self.client_id}"
        return self.owner

    @property
    def owner(self) -> str:
        """Whose cart it is; the two kinds cannot be mistaken for one another."""
        if self.shopper_id:
            return f"shopper:{self.shopper_id}"
        return f"conversation:{self.conversation_id}"


class Shop:
    """Carts and sign-in over a backend; a cart takes only what this conversation showed."""

    def __init__(
        self,
        backend: StoreBackend,
        tokens: ShopperTokens,
        conversations: ConversationStore,
        *,
        demo_shoppers: Callable[[], Sequence[Shopper]] | None = None,
    ) -> None:
        self.backend = backend
        self.tokens = tokens
        self._conversations = conversations
        self._demo_shoppers = demo_shoppers

    # ------------------------------------------------------------- carts

    def cart(self, caller: Caller) -> Cart:
        """The caller's cart."""
        return self.backend.cart(caller.owner)

    def add(self, caller: Caller, product_id: str, variant_id: str | None, quantity: int) -> Cart:
        """Put a shown product into the cart; raises StoreBackendError for any other."""
        if product_id not in self._conversations.load(caller.conversation_id).seen:
            raise StoreBackendError(
                "Only products that were shown here can be put into the cart.",
                remedy="Ask for the product first.",
            )
        return self.backend.add_to_cart(caller.owner, product_id, variant_id, quantity)

    def set_quantity(self, caller: Caller, line_id: str, quantity: int) -> Cart:
        """Change how many; 0 takes the line out."""
        return self.backend.set_quantity(caller.owner, line_id, quantity)

    def clear(self, caller: Caller) -> Cart:
        """Empty the cart."""
        return self.backend.clear_cart(caller.owner)

    def check_out(self, caller: Caller) -> Order:
        """Order what is in the signed-in shopper's cart; raises SignInError for anybody else."""
        if not caller.shopper_id:
            raise SignInError("Sign in to order.", remedy="Sign in first; your cart comes along.")
        return self.backend.check_out(caller.owner, caller.shopper_id)

    # ------------------------------------------------------------- sign-in

    @property
    def demo_shoppers(self) -> tuple[Shopper, ...]:
        """Whom the demo's page offers to sign in as; nobody in a real store."""
        return tuple(self._demo_shoppers()) if self._demo_shoppers else ()

    def sign_in_demo(self, shopper_id: str) -> str:
        """A token for one of the demo's shoppers; raises StoreBackendError for anybody else."""
        if all(shopper.id != shopper_id for shopper in self.demo_shoppers):
            raise StoreBackendError("This store has no such demo shopper.")
        return self.tokens.issue(shopper_id)

    def take_cart_along(self, caller: Caller) -> Cart:
        """After sign-in: what was put in before joins the shopper's own cart."""
        anonymous = Caller(caller.conversation_id)
        cart = self.backend.cart(anonymous.owner)
        if caller.shopper_id and cart.lines:
            for line in cart.lines:
                self._move(caller, line.product_id, line.variant_id, line.quantity)
            self.backend.clear_cart(anonymous.owner)
        return self.cart(caller)

    def _move(self, caller: Caller, product_id: str, variant_id: str | None, quantity: int) -> None:
        """As many as there are: both carts together may hold more than the stock."""
        for wanted in range(quantity, 0, -1):
            try:
                self.backend.add_to_cart(caller.owner, product_id, variant_id, wanted)
            except StoreBackendError:
                continue
            return

    def shopper(self, caller: Caller) -> Shopper | None:
        """The signed-in shopper, as the store knows them."""
        return self.backend.shopper(caller.shopper_id) if caller.shopper_id else None
