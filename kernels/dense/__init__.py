"""Dense linear algebra: bound by the flop rate."""
