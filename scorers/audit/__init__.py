"""Judging a finished competition at home."""
