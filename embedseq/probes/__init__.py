"""Measurements on representations, each with its baseline and control; one file a probe family."""
