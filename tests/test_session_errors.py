"""The exception tree is as its docstring draws it."""

import re

from presscue import errors


def drawn():
    """{name: name of its parent} from the tree in the docstring."""
    parents, path = {}, []
    for line in (errors.__doc__ or "").splitlines()[2:]:
        match = re.match(r"([│├└─ ]*)(\w+) {2}", line)
        assert match, line
        depth = len(match[1]) // 4
        path[depth:] = [match[2]]
        parents[match[2]] = path[depth - 1] if depth else "Exception"
    return parents


def test_the_tree_is_as_drawn():
    real = {name: kind.__mro__[1].__name__ for name, kind in vars(errors).items() if isinstance(kind, type)}
    assert drawn() == real


def test_exit_statuses():
    for kind in (errors.UsageError, errors.ProfileError, errors.RecordingError, errors.TableError):
        assert kind.exit_status == 2
    for kind in (errors.LinkError, errors.LinkLost, errors.PeerError, errors.SaveError):
        assert kind.exit_status == 1
