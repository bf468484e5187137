"""The language model: the engine that serves it, the client that asks it, its weights."""
