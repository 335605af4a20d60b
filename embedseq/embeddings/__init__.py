"""Word vectors: trained with Word2Vec or read from a file, queried, and handed over to a model. No torch anywhere."""
