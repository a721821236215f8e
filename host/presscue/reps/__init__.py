"""From frames to reps and sets: strokes, which of them make a rep, and what a rep was like."""
