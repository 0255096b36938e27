"""Tertulia: conversations with agents that answer from documents and governed data, with proof."""

__version__ = "0.1.0"
