"""The Slack face: thin listeners, pure blocks, one projector. It imports the engine, never back."""
