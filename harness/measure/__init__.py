"""What runs on each rank: timing, placement, journal."""
