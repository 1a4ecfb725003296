"""Tests against the real software of other people, installed into a folder outside this one."""
