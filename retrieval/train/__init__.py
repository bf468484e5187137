"""Training: what is learned from judgments and behaviour, written as files with a manifest."""
