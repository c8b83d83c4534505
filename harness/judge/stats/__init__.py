"""Statistics of samples and launches: pure, on arrays, without deleting anything."""
