"""One module for each platform: it starts a real server, and says what may be expected of it."""
