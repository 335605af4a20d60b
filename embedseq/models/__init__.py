"""Vectors to states to logits: embeddings of tokens, encoders, attention, decoders, and the encoder-decoder made of them.

Shapes are letters: B batch, S source length, T target length, D width, H heads, V vocabulary, L layers. A mask is called `valid`:
True stands for a real token.
"""
