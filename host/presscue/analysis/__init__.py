"""A recording from its file to results, series and tables."""
