"""The one reader of predictions files, and what it tells their authors."""
