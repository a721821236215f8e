"""The registers of one chip on the I2C bus. A chip that does not answer raises OSError, as the bus does."""


class WrongChip(OSError):
    """Something answers at the address, but it is not the chip expected. `found`: what it says it is."""

    def __init__(self, found):
        super().__init__(19)  # ENODEV
        self.found = found


class Registers:
    """Reads and writes through preallocated scratch; `i2c` has the methods of machine.I2C."""

    def __init__(self, i2c, address):
        self._i2c = i2c
        self._address = address
        self._byte = bytearray(1)

    def read(self, register):
        self._i2c.readfrom_mem_into(self._address, register, self._byte)
        return self._byte[0]

    def write(self, register, value):
        self._byte[0] = value
        self._i2c.writeto_mem(self._address, register, self._byte)

    def read_into(self, register, buffer):
        self._i2c.readfrom_mem_into(self._address, register, buffer)

    def write_from(self, register, buffer):
        self._i2c.writeto_mem(self._address, register, buffer)
