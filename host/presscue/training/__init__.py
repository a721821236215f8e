"""The training log as numbers and advice: pure functions on rows of the archive's index.

log       sessions as a lifter did them: sets, loads, faults, pain
strength  the one-repetition maximum from reps or from speed, with its error
trend     a straight line through sessions, with its uncertainty
figures   what history and report show of a training
sources   where each piece of advice comes from, and how sure it is
rules     advice on dose, rest, speed and sides: one rule, one function
pain      the pain guide: where it hurts, likely causes in the form, what to try, when to stop
"""
