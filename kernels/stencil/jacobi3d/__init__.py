"""7-point Jacobi iteration in three dimensions."""
