"""Set-up: look at the machine, announce, then do; with the standard library only."""
