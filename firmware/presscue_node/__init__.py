"""The node: firmware that samples two IMUs and three pads, streams them, and plays cues."""

VERSION = (0, 1, 0)
