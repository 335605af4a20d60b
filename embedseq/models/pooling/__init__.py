"""One pooling a file; `pools` finds them here."""
