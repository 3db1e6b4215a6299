"""What the platform knows and decides: no Flask, RQ or Docker; the time is given to it."""
