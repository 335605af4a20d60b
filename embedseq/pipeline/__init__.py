"""A pipeline file becomes a graph of cached stages, and the engine here runs what is not in the store yet."""
