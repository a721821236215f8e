"""`presscue flash`: MicroPython, the data partition and the compiled node package onto a board.

run        the whole command, step by step
package    the sources of the node, compiled for what the board takes
prompt     MicroPython's prompt on a port, through mpremote
slots      two copies of the package on the node, and the trial of a new one
image      a MicroPython image: for which chip, whole or not, its parts
partitions the partition table, with a place for the logs
chip       a chip in its boot loader, through esptool
"""
