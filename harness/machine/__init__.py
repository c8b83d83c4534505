"""What a node is: CPU, caches, memory, MPI, environment."""
