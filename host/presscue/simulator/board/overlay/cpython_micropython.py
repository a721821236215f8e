"""`micropython` for CPython, where the firmware runs without it."""


def const(value):
    return value


def native(function):
    return function


def kbd_intr(character):
    pass


def alloc_emergency_exception_buf(size):
    pass
