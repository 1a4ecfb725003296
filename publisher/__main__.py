"""`python -m publisher` is `copydesk`."""

from publisher.entrypoints.cli import main

main()
