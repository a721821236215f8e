"""Pages of a log, read back."""

from presscue import wire


def page_of(region, entry, number):
    """Page `number` of a session, opened (see wire.page_open); None if it is another's or damaged."""
    region.read(entry, number * wire.PAGE_SIZE, region.buffer)
    opened = wire.page_open(region.buffer)
    return opened if opened is not None and opened[:3] == (entry.boot, entry.session, number) else None
