"""The vector index and what goes into it: adapters, encoders, lexical vectors, documents."""
