"""`presscue validate`: virtual lifters and real recordings through the whole analysis, and how far from the truth.

trial: one lifter; scoring: faults against truth; statistics: agreement; bounds, tables, plots, page: what comes of it;
sensitivity, foresight: what if; recordings, tilt: data from elsewhere; run: all of it.
"""
