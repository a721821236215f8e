"""Where a session ends that a power cut has left open."""

from presscue import wire
from presscue_node.log_pages import page_of
from presscue_node.log_region import PAGES


def find_end(region, entry):
    """Its pages: its blocks by bisection, then the pages of the last one."""
    first, sector = entry.extents[-1]
    low, high = first, first + 1
    while region.is_free(sector + high - first):
        high += 1
    while high - low > 1:
        middle = (low + high) // 2
        if _has_reached(region, entry, middle):
            low = middle
        else:
            high = middle
    last = low * PAGES
    for page in range(last + PAGES - 1, last - 1, -1):
        if page_of(region, entry, page) is not None:
            return page + 1
    return last


def _has_reached(region, entry, index):
    """Whether block `index` is the session's: of the first two pages there, one may be spoilt."""
    return any(page_of(region, entry, index * PAGES + page) is not None for page in (0, 1))


def length_ms(region, entry, pages):
    """From the beginning to the last packed readings."""
    for number in range(pages - 1, max(-1, pages - 1 - PAGES), -1):
        page = page_of(region, entry, number)
        for message in () if page is None else page[3]:
            if message[0] == wire.TYPES["packed"]:
                _, fields = wire.decode(message) or ("", {"t_us": 0})
                return max(0, (fields["t_us"] - entry.t_us) // 1000)
    return 0
