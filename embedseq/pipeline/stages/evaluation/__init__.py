"""How each kind of model is measured on the test split: one file a kind. The stage itself is `evaluate`."""
