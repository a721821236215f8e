"""Code that is seldom wanted: a function imports it when it is (a file of some KB), and drops it at once.

What is still used of a dropped module lives on; the rest goes with the next collection.
"""

import sys


def drop(module):
    """Forget a module of this package: the next import reads it again."""
    name = "presscue_node." + module
    sys.modules[name] = None  # pyright: ignore (a dictionary of MicroPython keeps what was deleted in its place)
    del sys.modules[name]
    setattr(sys.modules["presscue_node"], module, None)
