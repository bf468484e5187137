"""Measures what the assistant understands on files of other people's labels."""
