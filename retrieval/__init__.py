"""From a typed request to ranked products; knows nothing of conversations."""
