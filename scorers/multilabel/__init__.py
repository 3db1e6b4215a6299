"""Metrics of many labels a row, each true or not."""
