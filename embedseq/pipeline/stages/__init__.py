"""The stages: each file glues a working package to artifacts and holds one stage; what they compute lives in those packages.

A stage's version is raised when the same spec and inputs give other output than before; `tests/stages` notices if that was
forgotten.
"""

STAGES = {
    "text": "embedseq.pipeline.stages.text:STAGE",
    "tokens": "embedseq.pipeline.stages.tokens:STAGE",
    "word2vec": "embedseq.pipeline.stages.word2vec:STAGE",
    "vector-file": "embedseq.pipeline.stages.vector_file:STAGE",
    "train": "embedseq.pipeline.stages.train:STAGE",
    "evaluate": "embedseq.pipeline.stages.evaluate:STAGE",
    "word-similarity": "embedseq.pipeline.stages.word_similarity:STAGE",
    "neighbours": "embedseq.pipeline.stages.neighbours:STAGE",
    "drift": "embedseq.pipeline.stages.drift:STAGE",
    "previous-word": "embedseq.pipeline.stages.previous_word:STAGE",
    "summary": "embedseq.pipeline.stages.summary:STAGE",
}
"""Where each kind of stage lives; a worker imports the one it needs."""
