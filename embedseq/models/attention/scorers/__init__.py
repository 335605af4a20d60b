"""One scorer a file; `registry` finds them here."""
