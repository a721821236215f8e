"""A session as it happens, and what a terminal shows of it."""
