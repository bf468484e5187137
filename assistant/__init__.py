"""One turn of conversation: understand a message, answer it with products and true sentences."""
