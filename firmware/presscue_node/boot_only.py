"""What has run for the last time once the node is built: its code is given back to the heap.

All of these objects there are, there are for good: nothing makes another one before the next boot. Assigned, and not
deleted: a dictionary of MicroPython keeps what was deleted in its place.
"""
# pyright: reportAttributeAccessIssue=false

from presscue import wire
from presscue_node import blocks, gatt
from presscue_node.access import Access, Guest
from presscue_node.ads1115 import Ads1115
from presscue_node.batch import Batch
from presscue_node.ble_link import BleLink, Peer
from presscue_node.buzzer import Buzzer
from presscue_node.catalogue import Catalogue
from presscue_node.clock import Clock
from presscue_node.commands import Commands
from presscue_node.cue_player import CuePlayer
from presscue_node.drv2605l import Drv2605l
from presscue_node.flow import Flow
from presscue_node.guard import Guard
from presscue_node.log_region import Region
from presscue_node.log_sender import LogSender
from presscue_node.lsm6dsox import Lsm6dsox
from presscue_node.motion_gate import MotionGate
from presscue_node.node import Node
from presscue_node.outbox import Control, Outbox
from presscue_node.packer import Packer
from presscue_node.pads import Pads
from presscue_node.page_ring import PageRing
from presscue_node.panel import Panel
from presscue_node.part import Notices, Part
from presscue_node.power import Power
from presscue_node.recorder import Recorder
from presscue_node.registers import Registers
from presscue_node.sampler import Sampler
from presscue_node.usb_link import Stdio, UsbLink
from presscue_node.wall_clock import WallClock


def forget():
    """Call once, after the node is built."""
    # fmt: off
    for each in (
        Access, Guest, Ads1115, Batch, BleLink, Peer, Buzzer, Clock, Commands, CuePlayer, Drv2605l, Flow,
        Guard, Region, LogSender, Lsm6dsox, MotionGate, Node, Control, Outbox, Packer, Pads, PageRing,
        Panel, Notices, Part, Power, Recorder, Registers, Sampler, Stdio, UsbLink, WallClock, wire.FrameDecoder,
        Catalogue,
    ):
        each.__init__ = None
    # fmt: on
    Access._load = Node._make_recorder = None
    Region.mount = Region.is_free = None
    Catalogue.mount = Catalogue._is_blank = Catalogue._count_boot = Catalogue._read_head = Catalogue._read_slots = None
    gatt.services = gatt.advertisement = blocks.FileBlocks = None
