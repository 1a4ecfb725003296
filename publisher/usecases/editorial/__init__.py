"""From an idea to Scheduled: what people do to epics. Slack, CLI, API and the forge call this."""
