"""From hypotheses and references to measurements: metrics, baselines, and the items that their intervals are drawn from."""
