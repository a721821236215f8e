"""Which nodes there are: on serial ports and over Bluetooth."""

from ..errors import LinkError

SCAN_S = 4.0


def in_reach(scan_s: float = SCAN_S) -> tuple[list[str], str]:
    """(monikers of all nodes in reach, why Bluetooth could not be looked at, if so)."""
    from ..links.serial import ports

    found = [f"serial:{port}" for port in ports()]
    try:
        from ..links.ble import scan

        return found + [f"ble:{heard.name}" for heard in scan(scan_s)], ""
    except LinkError as error:
        return found, str(error)
