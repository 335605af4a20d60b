"""From a memory to sentences: one search for every decoder, through `start`, `step` and `select` alone."""
