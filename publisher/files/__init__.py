"""The text of each file ↔ domain values. No I/O but what `folder` and `starter` read."""
