"""Stateful servers written from the shapes that platforms document; they refuse what those do."""
