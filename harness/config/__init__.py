"""Typed configuration: cluster.yaml, suites, units; errors that name file, key and known names."""
