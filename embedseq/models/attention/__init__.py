"""Attention, composed: a scorer says how well a query matches a key, one function masks and mixes, heads wrap scorers."""
