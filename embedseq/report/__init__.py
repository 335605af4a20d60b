"""From the plain facts of a run to one HTML page and to a summary in plain text. Reads no artifacts, computes no statistics."""
