"""The node's serial port as the stream its link expects."""

import board_link


class SerialStream:
    def readinto(self, buffer):
        """Bytes that have arrived, into `buffer`; how many."""
        if not board_link.waiting():
            return 0
        size = board_link.call(board_link.SERIAL_READ, 0, len(buffer))
        board_link.fetch(buffer, size)
        return size

    def write(self, buffer, start, end):
        """How many of buffer[start:end] the transmit buffer took."""
        return board_link.call(board_link.SERIAL_WRITE, 0, end - start, memoryview(buffer)[start:end])

    def wait(self, timeout_us):
        """Until bytes have arrived, or for `timeout_us`. Bluetooth events are handled meanwhile and do not end it."""
        if timeout_us <= 0:
            return
        until = board_link.now() + timeout_us
        while board_link.now() < until and not board_link.waiting():
            board_link.call(board_link.WAIT_SERIAL, until, 0)
            board_link.interrupts()
