"""From a message to a typed request: rules in milliseconds, then the model, then both merged."""
