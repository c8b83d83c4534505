"""Which nodes of a fleet must go back: nodes x metrics x repetitions -> a verdict for each node."""
