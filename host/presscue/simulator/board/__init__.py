"""The virtual board: the chips of the reference node as registers, and the clock all of them share."""
