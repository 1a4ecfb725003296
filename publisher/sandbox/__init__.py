"""The sandbox: a small local server that behaves like a social network, faults included."""
