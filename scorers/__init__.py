"""Scoring of submissions: metrics, their uncertainty, and the reader of predictions."""
