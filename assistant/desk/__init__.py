"""Hand-off: when a human takes a conversation over, and what they then see of it."""
