"""Global reductions with results that do not depend on ranks and threads."""
