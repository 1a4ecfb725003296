"""Problems in the shapes that people and programs read: text, JSON, GitHub, SARIF. Pure."""
