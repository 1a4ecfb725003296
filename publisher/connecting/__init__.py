"""What connectors share: asking, reading answers, refusals, options, and protocols to speak."""
