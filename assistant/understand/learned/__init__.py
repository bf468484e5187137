"""Small linear models that read a dialogue: intent, next action, keywords, search query."""
