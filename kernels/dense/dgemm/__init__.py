"""DGEMM: the product of two dense matrices on every rank."""
