"""A fictional co-operative: its papers, and two years of its shop's trade, for trying the product with nothing of your own."""

from datetime import UTC, datetime

SHOP_NOW = datetime(2026, 6, 30, 23, 59, tzinfo=UTC)
"""Where the demo's clock stands: the end of the last day of trade."""
