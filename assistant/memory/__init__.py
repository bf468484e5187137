"""What a shopper told of themselves: kept with source, scope and expiry, shown, forgettable."""
