"""How certain a score is: resamples, and intervals from them."""
