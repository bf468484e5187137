"""Jobs a shopper asks for in chat, done by code: typed arguments in, evidence out."""
