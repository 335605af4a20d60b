"""The probes, one file each: its settings, what it says of itself (`ABOUT`), and `measure`. `registry.py` finds them here."""
