"""Masks in files: each format read strictly, never more of a file than the image has pixels."""
