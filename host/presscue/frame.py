"""The frame: what is known of the lifter after each reading. The estimator fills it, reps and faults read it.

One record of float64 fields, passed by reference through the compiled kernels. NaN means "not measured".
"""

import numpy as np

FRAME = np.dtype(
    [
        ("t_s", "f8"),  # time of the reading, node clock
        ("source", "f8"),  # which source it came from (wire.SLED, LEG, PADS)
        ("flexion_deg", "f8"),  # knee flexion, 0 = straight
        ("flexion_sd_deg", "f8"),  # its standard deviation, were the calibration exact
        ("geometry_sd_deg", "f8"),  # what the calibration's own adds to it
        ("rate_dps", "f8"),  # flexion rate, > 0 while lowering
        ("position_m", "f8"),  # sled along the rail, grows as the leg extends
        ("velocity_mps", "f8"),  # > 0 while pressing
        ("acceleration_mps2", "f8"),  # of the sled along the rail
        ("pitch_deg", "f8"),  # rotation of the leg IMU about the flexion axis since the start
        ("inward_deg", "f8"),  # out-of-plane rotation of the leg about the rail (or the vertical), inward > 0
        ("twist_deg", "f8"),  # the same about the line across it in the leg's plane; the zero of both is free
        ("valgus_deg", "f8"),  # out-of-plane rotation against the lifter's own baseline (plane.py), inward > 0
        ("calm", "f8"),  # 1 while the leg rests and its tilt is known
        ("heel_left", "f8"),  # pad readings, as delivered
        ("heel_right", "f8"),
        ("seat", "f8"),
        ("engaged", "f8"),  # 1 while leg and sled move as one linkage, 0 while they do not, NaN: cannot tell
        ("still", "f8"),  # 1 while the sled stands still
        ("thrust", "f8"),  # push that the sled feels along an inclined rail, as a part of what it feels at rest
    ]
)


def new_frame() -> np.ndarray:
    """A frame array of shape (1,) with nothing measured; element 0 is the record kernels take."""
    frame = np.zeros(1, FRAME)
    for name in FRAME.names or ():
        frame[name] = np.nan
    return frame
