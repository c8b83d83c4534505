"""Energy of a node, read from counters that some machines have: a file of ``sources/`` for each."""
