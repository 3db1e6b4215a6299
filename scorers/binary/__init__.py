"""Metrics of two classes: a label, a score or a probability for each row."""
