"""The contract of platforms: one suite, run against a real server of every platform."""
