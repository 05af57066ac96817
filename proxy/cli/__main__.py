"""`python -m proxy.cli` is `steno`."""

from proxy.cli import main

main()
