"""What the truth says that a prediction should be, for each kind of thing that is predicted."""
