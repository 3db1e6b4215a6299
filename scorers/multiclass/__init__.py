"""Metrics of one true class a row, with or without an order."""
