"""Pictures of how a submission scored: curves and tables in bins, none of which tells one unit."""
