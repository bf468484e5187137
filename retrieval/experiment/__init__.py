"""Experiments: who gets which treatment, what is compared, and how sure the answer is."""
