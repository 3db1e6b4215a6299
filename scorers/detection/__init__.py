"""Metrics of objects that are found in images: boxes and points."""
