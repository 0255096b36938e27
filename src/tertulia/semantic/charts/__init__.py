"""Charts of tables: Vega-Lite specifications, pictures of them, and what is left of one somebody else wrote."""

from tertulia.semantic.charts.chart import chart_of
from tertulia.semantic.charts.foreign import stripped
from tertulia.semantic.charts.picture import render_jpeg, render_png, render_svg

__all__ = ["chart_of", "render_jpeg", "render_png", "render_svg", "stripped"]
