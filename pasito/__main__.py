"""`python -m pasito` is the command `pasito`."""

from pasito.cli import main

main()
