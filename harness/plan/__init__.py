"""From a suite to concrete cases: sweeps, geometry, sizes fitted to memory, preflight."""
