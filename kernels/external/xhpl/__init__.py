"""HPL of netlib."""
