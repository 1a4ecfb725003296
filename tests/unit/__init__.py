"""Unit and property tests of the pure core: no I/O, no mocks, no clock."""
