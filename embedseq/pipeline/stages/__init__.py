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
    "choose": "embedseq.pipeline.stages.choose:STAGE",
    "evaluate": "embedseq.pipeline.stages.evaluate:STAGE",
    "capture": "embedseq.pipeline.stages.probing.capture:STAGE",
    "shared-words": "embedseq.pipeline.stages.probing.vectors:SHARED_WORDS",
    "vector-probe": "embedseq.pipeline.stages.probing.vectors:STAGE",
    "states-probe": "embedseq.pipeline.stages.probing.states:STAGE",
    "pair-probe": "embedseq.pipeline.stages.probing.states:PAIR",
    "model-probe": "embedseq.pipeline.stages.probing.models:STAGE",
    "attention-maps": "embedseq.pipeline.stages.probing.models:ATTENTION_MAPS",
    "attention-probe": "embedseq.pipeline.stages.probing.models:ATTENTION",
    "self-attention-maps": "embedseq.pipeline.stages.probing.self_attention:MAPS",
    "self-attention-probe": "embedseq.pipeline.stages.probing.self_attention:STAGE",
    "scores-probe": "embedseq.pipeline.stages.probing.scores:STAGE",
    "claim": "embedseq.pipeline.stages.claim:STAGE",
    "verdicts": "embedseq.pipeline.stages.claim:VERDICT",
    "summary": "embedseq.pipeline.stages.summary:STAGE",
}
"""Where each kind of stage lives; a worker imports the one it needs."""
