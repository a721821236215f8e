"""`python -m presscue`."""

from .cli import main

main()
