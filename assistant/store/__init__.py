"""What a store does beyond showing products: carts, orders, returns, policies."""
