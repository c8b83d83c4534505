"""Global sort of integers, floats and records over all ranks."""
