"""Bluetooth between the virtual node and the host's own code: Bumble's stack on both sides, a modelled air between.

    firmware --(overlay/bluetooth.py, pipe)--> peripheral --> air --> central --(bleak's interface)--> links/ble.py

Needs `bumble` (extra `radio`). All of it lives in the board's time: see time_loop.py.
"""
