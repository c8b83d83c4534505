"""Group-by: sums, counts and extremes of a column for each distinct key of another."""
