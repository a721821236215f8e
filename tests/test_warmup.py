"""Nothing is compiled, nor loaded from the cache, in the middle of a set."""

import subprocess
import sys

SESSION = """
import sys
from numba.core.dispatcher import Dispatcher
from presscue.clock import NodeClock
from presscue.fitting import core_of, feed_answering, finish_answering
from presscue.profile import Profile
from presscue.results import Rep, Samples
from presscue.simulator.performance import perform
from presscue.simulator.render import render
from presscue.simulator.scenario import random_scenario
from presscue.live.warmup import SOURCES, columns, warm_up

def kernels():
    modules = [module for name, module in sys.modules.items() if name.startswith("presscue.")]
    found = {each for module in modules for each in vars(module).values() if isinstance(each, Dispatcher)}
    return {f"{each.__module__}.{each.__name__}": len(each.overloads) for each in found}

warm_up()
before = kernels()
performance = perform(random_scenario(14020, ("heel_lift", "slam"), sets=(7, 4, 4), rest_s=12.0, hold_s=2.5))
table = render(performance, shared_clock=True)
core = core_of(Profile(height_m=1.75, straight_leg_hold_s=performance.truth.hold_s, leg="left"), patient=True)
clock = NodeClock()
readings = {source: columns(table, source) for source in SOURCES}
reps, calibrations = 0, set()
for start in range(0, len(table["time_s"]), 8):
    part = slice(start, start + 8)
    t_s = table["time_s"][part]
    outs = feed_answering(core, [Samples(source, t_s, readings[source][part]) for source in SOURCES])
    clock.add(*[round(1e6 * t_s[0])] * 3)
    reps += sum(isinstance(out, Rep) for out in outs)
    calibrations.add(id(core._model))
finish_answering(core)
print(reps, len(calibrations), *sorted(name for name, many in kernels().items() if many != before.get(name)))
"""


def test_after_the_warm_up_a_session_of_three_sets_compiles_and_loads_nothing():
    said = subprocess.run([sys.executable, "-c", SESSION], capture_output=True, text=True, timeout=500)
    assert not said.returncode, said.stderr[-2000:]
    reps, calibrations, *new = said.stdout.split()
    assert int(reps) == 15
    assert int(calibrations) >= 3  # none, the first, another
    assert new == []
