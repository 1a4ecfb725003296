"""What `make bench` measures: each speed claim, beside a named peer in the same run."""
