"""What a machine that is not there yet would reach: stated models, and how far they are off."""
