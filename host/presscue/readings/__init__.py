"""From bytes to readings: messages by the hundred thousand, SI units, rings, and one order of time for all sources."""
