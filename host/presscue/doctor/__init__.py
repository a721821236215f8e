"""`presscue doctor`: is every part of a node there, quiet, at its rate; for all that is not, the next thing to try."""
