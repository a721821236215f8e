"""The node's serial port, from the firmware's buffers to the host's end of the cable.

A USB-UART bridge at 921,600 baud (rig-notes.md: about 90 kB/s). Both buffers have a stated size: what arrives when
the receive buffer is full is lost and counted; a write takes only what fits the transmit buffer and says how much.
"""

from collections import deque

BYTES_PER_S = 90_000
RX_BUFFER = 1024
TX_BUFFER = 4096
LATENCY_US = 1_000
"""The bridge passes on what it has once per USB frame (1 ms), which then takes up to another one to arrive."""


class SerialPort:
    """Times are microseconds of the board's clock."""

    def __init__(self):
        self._coming: deque[tuple[float, bytes]] = deque()
        self._received = bytearray()
        self._sent: deque[tuple[float, bytes]] = deque()
        self._rx_free_us = 0.0
        self._tx_free_us = 0.0
        self.connected = True
        self.rx_lost = 0

    # the host's end

    def host_write(self, data: bytes, t_us: float) -> None:
        """Bytes leave the host at `t_us`."""
        if not (data and self.connected):
            return
        start = max(t_us + LATENCY_US, self._rx_free_us)
        self._rx_free_us = start + len(data) * 1e6 / BYTES_PER_S
        self._coming.append((self._rx_free_us, bytes(data)))

    def host_read(self, t_us: float) -> bytes:
        """What has reached the host by `t_us`."""
        chunks = []
        while self._sent and self._sent[0][0] <= t_us:
            chunks.append(self._sent.popleft()[1])
        return b"".join(chunks)

    def next_output_us(self) -> float | None:
        """When the next bytes reach the host, as far as is known."""
        return self._sent[0][0] if self._sent else None

    def plug(self, connected: bool) -> None:
        """While the cable is out, bytes of both directions vanish; the node does not notice."""
        self.connected = connected
        if not connected:
            self._sent.clear()
            self._coming.clear()

    def power_on(self) -> None:
        """The chip was reset: its buffers are empty; what the bridge already has still reaches the host."""
        self._received.clear()

    # the node's end

    def next_input_us(self, t_us: float) -> float | None:
        """When there is something to read: now, later, or not yet known (None)."""
        if self._received:
            return t_us
        return max(t_us, self._coming[0][0]) if self._coming else None

    def available(self, t_us: float) -> int:
        while self._coming and self._coming[0][0] <= t_us:
            data = self._coming.popleft()[1]
            room = RX_BUFFER - len(self._received)
            self._received += data[:room]
            self.rx_lost += max(0, len(data) - room)
        return len(self._received)

    def read(self, size: int, t_us: float) -> bytes:
        self.available(t_us)
        data = bytes(self._received[:size])
        del self._received[:size]
        return data

    def write(self, data: bytes, t_us: float) -> int:
        """Queue what fits the transmit buffer; how many bytes that was."""
        backlog = max(0.0, self._tx_free_us - t_us) * BYTES_PER_S / 1e6
        size = min(len(data), TX_BUFFER - int(backlog))
        if size <= 0:
            return 0
        self._tx_free_us = max(t_us, self._tx_free_us) + size * 1e6 / BYTES_PER_S
        if self.connected:
            frame_us = (self._tx_free_us // 1000 + 1) * 1000
            self._sent.append((frame_us + LATENCY_US, data[:size]))
        return size
