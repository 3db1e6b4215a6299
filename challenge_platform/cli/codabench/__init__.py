"""Importing bundles of Codabench and CodaLab: hostile input, read strictly, told in a report."""
