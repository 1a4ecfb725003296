"""Validation as a whole: real folders, real media, real processes."""
