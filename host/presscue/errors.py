"""Everything presscue raises on purpose. The text of each is one line: what is wrong, where, what to do.

PresscueError                    exit status 1: the work failed
├── InputError                   exit status 2: wrong usage or unusable input
│   ├── UsageError               a moniker, an option or a combination that means nothing
│   ├── ProfileError             a profile that is not TOML, or has a key or value it may not have
│   ├── RecordingError           a file that is not a session file, or holds nothing to read
│   ├── TableError               a table with the wrong columns, units or times
│   └── KeysUnusable             a file of keys that is damaged, or that others may read
├── LinkError                    a link that cannot be opened
│   ├── LinkLost                 an open link went away
│   │   └── LinkEnded            a recording was replayed to its end
│   ├── PeerError                what answers is no node, or one this program is too old for
│   └── AccessRefused            a node that does not know our key, or has another
├── SaveError                    a result or recording that cannot be written
│   └── PathTaken                because a file of that name is there already
├── FlashError                   a board that cannot be given its firmware, or does not run what it was given
├── IndexDamaged                 the archive's index is not what it should be; it can be made anew
└── SessionMisuse                our own mistake in using a session; never caused by a peer
"""


class PresscueError(Exception):
    """Base of all. `exit_status` is what a command ends with."""

    exit_status = 1


class InputError(PresscueError):
    exit_status = 2


class UsageError(InputError):
    pass


class ProfileError(InputError):
    pass


class RecordingError(InputError):
    pass


class TableError(InputError):
    pass


class KeysUnusable(InputError):
    pass


class LinkError(PresscueError):
    pass


class LinkLost(LinkError):
    pass


class LinkEnded(LinkLost):
    pass


class PeerError(LinkError):
    pass


class AccessRefused(LinkError):
    pass


class SaveError(PresscueError):
    pass


class PathTaken(SaveError):
    pass


class FlashError(PresscueError):
    pass


class IndexDamaged(PresscueError):
    pass


class SessionMisuse(PresscueError):
    pass
