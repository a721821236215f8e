"""What is learnt of lifter, machine and mounting, from raw readings: frames, lengths, biases; and when to learn."""
