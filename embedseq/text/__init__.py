"""Text: files become sentences, sentences tokens, tokens ids, ids batches."""
