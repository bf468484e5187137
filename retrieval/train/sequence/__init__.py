"""Training of the next-item model, its baselines and the protocol they are measured by."""
