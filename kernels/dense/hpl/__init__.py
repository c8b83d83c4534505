"""HPL: the LU factorisation that ranks the TOP500."""
