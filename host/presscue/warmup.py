"""The kernels compiled, or loaded, before the first set: nothing may be compiled in the middle of one."""

import gc

from .fitting import core_of, feed_answering, finish_answering
from .profile import Profile
from .results import Samples


def warm_up() -> None:
    """Coach a short virtual set from beginning to end. About 20 s the first time, about 1 s ever after."""
    from .simulator.performance import perform
    from .simulator.render import render
    from .simulator.scenario import random_scenario

    scenario = random_scenario(1, rail_deg=45.0, sets=(3,), hold_s=0.0, rest_s=4.0, walk=False, shuffle=False)
    table = render(perform(scenario), shared_clock=True)
    core = core_of(Profile(height_m=scenario.height_m), patient=True)
    t_s = table["time_s"]
    blocks = []
    for source, sensor in enumerate(("sled", "leg")):
        values = [table[f"{sensor}_{kind}"] for kind in _IMU]
        blocks.append((source, values))
    blocks.append((2, [table[name] for name in ("heel_left_n", "heel_right_n", "seat_n")]))
    step = 8
    for start in range(0, len(t_s), step):
        part = slice(start, start + step)
        feed_answering(core, [Samples(s, t_s[part], _columns(values, part)) for s, values in blocks])
    finish_answering(core)
    # What is loaded by now stays: the collector need not look through it again in the middle of a set.
    gc.collect()
    gc.freeze()


_IMU = ("acc_x_mps2", "acc_y_mps2", "acc_z_mps2", "gyr_x_radps", "gyr_y_radps", "gyr_z_radps")


def _columns(values, part: slice):
    import numpy as np

    return np.stack([column[part] for column in values], axis=1)
