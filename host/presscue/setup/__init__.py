"""The set-up that leads a lifter from a bare node to the first analysed rep; terminal and page show the same one."""

from .machine import STEPS, Facts, Setup

__all__ = ["STEPS", "Facts", "Setup"]
