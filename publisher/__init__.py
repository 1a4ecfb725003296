"""The engine of Copydesk. README.md has the map; docs/ARCHITECTURE.md the reasons."""
