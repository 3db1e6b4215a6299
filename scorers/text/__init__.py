"""Metrics of documents: codes that are given to them, and spans in them."""
