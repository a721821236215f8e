"""The leg press as a slider-crank, the filter on it, and the leg's plane."""
