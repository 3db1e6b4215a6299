"""How teams compare: ranks, tests, schemes, and the Ladder."""
