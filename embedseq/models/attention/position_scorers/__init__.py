"""One scorer of numbered positions a file; `registry` finds them here."""
