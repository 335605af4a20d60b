"""Figures as SVG: described in Vega-Lite, rendered by vl-convert without a browser or a network."""
