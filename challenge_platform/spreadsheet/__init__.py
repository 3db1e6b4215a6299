"""Challenges without a program: a table and pictures become public files and a truth."""
