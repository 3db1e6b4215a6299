"""What metrics are made of: counts, sums and orders under many weightings of the rows at once."""
