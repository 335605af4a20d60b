"""From batches to weights: loss, learning rate, the loop, checkpoints. Knows nothing of text files, stages or metrics."""
