"""Behaviour insights for merchants, read from the log of events."""
