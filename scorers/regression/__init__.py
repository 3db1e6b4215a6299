"""Metrics of numbers: measurements and counts."""
