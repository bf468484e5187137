"""Orders what the retrievers found: fusion, the learned ranker, rules, families, diversity."""
