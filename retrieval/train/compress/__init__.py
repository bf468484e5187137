"""How much smaller and faster an encoder and an index get, and what that costs in quality."""
