"""What connectors share: asking, reading answers, mapping refusals, reading options."""
