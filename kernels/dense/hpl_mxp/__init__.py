"""HPL-MxP: the LU solution of HPL in mixed precision."""
