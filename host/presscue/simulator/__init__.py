"""The virtual lifter and the virtual board: everything presscue needs, without hardware."""
