"""Metrics that are made of other metrics of the same challenge."""
