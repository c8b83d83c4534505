"""Counters of energy, found by listing; each has ``counters(tree) -> Iterable[Counter]``."""
