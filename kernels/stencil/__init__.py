"""Stencils: bound by memory bandwidth, coupled by halo exchange."""
