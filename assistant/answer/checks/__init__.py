"""Checks of claims, one theme a file; each takes away what it has verified."""
