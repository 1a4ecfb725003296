"""The composition root: the only place that knows every other."""

from publisher.wiring.app import App

__all__ = ["App"]
