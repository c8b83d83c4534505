"""A report as one HTML file: no network, no server, readable without JavaScript."""
