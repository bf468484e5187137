"""What is said of products: facts, sentences written from them, and the checks they must pass."""
