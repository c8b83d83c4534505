"""The collective operations of MPI."""
