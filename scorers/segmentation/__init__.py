"""Metrics of masks: an integer array for each image."""
