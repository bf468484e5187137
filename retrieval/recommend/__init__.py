"""Products and guides to suggest, each with its reasons."""
