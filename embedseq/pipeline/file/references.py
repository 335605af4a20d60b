"""What hangs together across the sections: names that must exist, sides that must be there, tokens that must be the same.

Each check looks at values that were sound on their own; one that rests on a broken value stays silent, for that is reported.
"""

from collections.abc import Iterator

from embedseq.embeddings.settings import Word2VecSettings
from embedseq.evaluation.settings import fitting_metrics
from embedseq.models.kinds import named
from embedseq.models.settings import HandOff, SideHandOffs
from embedseq.pipeline.file.corpus_checks import SPLITS, Datasets, check_data
from embedseq.pipeline.file.draft import Draft
from embedseq.pipeline.file.kinds import KINDS, kind_of
from embedseq.pipeline.file.matrix import Arm
from embedseq.pipeline.file.nodes import Fields
from embedseq.pipeline.file.pretraining import check_pretraining
from embedseq.pipeline.file.problems import Path, advice, in_words
from embedseq.pipeline.file.spec import RESERVED, SIDES, ModelSettings, text_of
from embedseq.pipeline.file.token_origin import token_origin
from embedseq.pipeline.file.training_checks import check_training
from embedseq.text.settings import DataSettings


def check_references(draft: Draft, datasets: Datasets) -> None:
    """All checks of names, corpora, embeddings and models. `datasets`: the languages of each known dataset."""
    _check_names(draft)
    for name, data in draft.data.items():
        check_data(draft, draft.entry("data", name), data, datasets)
    for name, embedding in draft.embeddings.items():
        if isinstance(embedding, Word2VecSettings):
            check_text(draft, draft.entry("embeddings", name), embedding)
    for arms in draft.models.values():
        for arm in arms:
            check_model(draft, arm)
    check_pretraining(draft)


def _check_names(draft: Draft) -> None:
    for section in ("data", "embeddings", "models", "probes", "claims"):
        for name in draft.names(section):
            if name in RESERVED:
                draft.complain(
                    draft.root, (section, name), f"'{name}' is a word of the grammar; choose another name", on_key=True
                )
    for name in draft.names("models"):
        if name in draft.names("embeddings"):
            message = f"an embedding is called '{name}', too; selectors could not tell them apart"
            draft.complain(draft.root, ("models", name), message, on_key=True)


def check_text(draft: Draft, node: Fields, embedding: Word2VecSettings) -> None:
    """An embedding's text is a side of a corpus of this file."""
    if not draft.sound(node, "text"):
        return
    corpora = draft.names("data")
    corpus, side = text_of(embedding)
    if embedding.text in corpora and (not corpus or corpus not in corpora):
        draft.complain(
            node, ("text",), f"which side of '{embedding.text}'? Write {embedding.text}.source or {embedding.text}.target"
        )
    elif not corpus:
        draft.complain(
            node, ("text",), f"expected CORPUS.source or CORPUS.target; found '{embedding.text}'{advice(embedding.text, corpora)}"
        )
    elif corpus not in corpora:
        draft.complain(node, ("text",), f"no corpus is called '{corpus}'{advice(corpus, corpora)}")
    elif corpus in draft.data and draft.sound(draft.entry("data", corpus), "task", "source", *SPLITS):
        data = draft.data[corpus]
        if side == "source" and data.reads_images:
            draft.complain(node, ("text",), f"the source of {corpus} are images, which have no words; there is {corpus}.target")
        elif side in SIDES and side not in data.word_sides:
            draft.complain(node, ("text",), f"{corpus} has no words on its {side} side, since its task is {data.task}")
        elif side not in data.word_sides:
            draft.complain(node, ("text",), f"'{side}' is not a side{advice(side, data.word_sides)}")
    elif corpus in draft.data and side not in SIDES:
        draft.complain(node, ("text",), f"'{side}' is not a side{advice(side, SIDES)}")


def check_model(draft: Draft, arm: Arm) -> None:
    """An arm's corpus has a target, its metrics fit the task, and the vectors it is handed are of the same tokens."""
    settings, node = arm.settings, arm.node
    if draft.sound(node, "data"):
        corpora = draft.names("data")
        if settings.data not in corpora:
            draft.complain(node, ("data",), f"no corpus is called '{settings.data}'{advice(settings.data, corpora)}")
        elif settings.data in draft.data and draft.sound(draft.entry("data", settings.data), "task"):
            _check_task(draft, arm, draft.data[settings.data])
            check_training(draft, arm, draft.data[settings.data])
    for keys, side, handoff in handoffs(settings):
        if draft.sound(node, *(".".join((*keys, key)) for key in ("from", "as", "from_epoch"))):
            _check_handoff(draft, arm, keys, side, handoff)


def _check_task(draft: Draft, arm: Arm, data: DataSettings) -> None:
    """A model's kind can learn the corpus's task, and its metrics can score it."""
    settings, fitting_kinds = arm.settings, KINDS[data.task]
    if settings.kind is not None and settings.kind not in fitting_kinds:
        if draft.sound(arm.node, "kind"):
            can = in_words([named(kind) for kind in fitting_kinds], "or")
            message = f"{named(settings.kind)} cannot learn 'task: {data.task}' of '{settings.data}', but {can} can"
            draft.complain(arm.node, ("kind",), message)
        return
    if settings.evaluate.replicas > 1 and kind_of(settings, data) != "encoder-decoder":
        message = f"{named(kind_of(settings, data))} translates nothing that replicas could share: leave them out"
        draft.complain(arm.node, ("evaluate", "replicas"), message)
    if settings.evaluate.metrics is None or not draft.sound(arm.node, "evaluate.metrics"):
        return
    kind = kind_of(settings, data)
    fitting = fitting_metrics(kind, data.task)
    wrong = [metric for metric in settings.evaluate.metrics if metric not in fitting]
    if wrong:
        found = in_words(wrong, "and") + (" do" if len(wrong) > 1 else " does")
        what = f"'task: {data.task}'" if len(fitting_kinds) == 1 else named(kind)
        draft.complain(arm.node, ("evaluate", "metrics"), f"{found} not fit {what} ({', '.join(fitting)})")


def handoffs(settings: ModelSettings) -> Iterator[tuple[Path, str, HandOff]]:
    """The hand-offs of a model: where each is written, its side, and what it says."""
    embedding = settings.embedding
    if isinstance(embedding, HandOff):
        yield ("embedding",), "source", embedding
    elif isinstance(embedding, SideHandOffs):
        for side, handoff in (("source", embedding.source), ("target", embedding.target)):
            if isinstance(handoff, HandOff):
                yield ("embedding", side), side, handoff


def _check_handoff(draft: Draft, arm: Arm, keys: Path, side: str, handoff: HandOff) -> None:
    place, name = (*keys, "from"), handoff.from_
    if name not in draft.names("embeddings"):
        draft.complain(arm.node, place, f"no embedding is called '{name}'{advice(name, draft.names('embeddings'))}")
        return
    embedding = draft.embeddings.get(name)
    if (
        isinstance(embedding, Word2VecSettings)
        and draft.sound(draft.entry("embeddings", name), "text")
        and draft.sound(arm.node, "data")
    ):
        corpus, trained_on = text_of(embedding)
        if token_origin(draft.data, corpus, trained_on) != token_origin(draft.data, arm.settings.data, side):
            wanted = f"{arm.settings.data}.{side}"
            message = f"'{name}' is trained on {embedding.text}, whose tokens are not those of {wanted}; write 'text: {wanted}'"
            draft.complain(arm.node, place, message)
    epochs = arm.settings.train.epochs
    trial = arm.settings.tune.epochs or epochs if arm.settings.tune and draft.sound(arm.node, "tune") else epochs
    default = HandOff.model_fields["from_epoch"].default
    if handoff.as_ == "gradual" and draft.sound(arm.node, "train.epochs") and handoff.from_epoch > epochs:
        message = f"epoch {handoff.from_epoch} never comes: the model trains for {epochs}"
        draft.complain(arm.node, (*keys, "from_epoch"), message)
    elif handoff.as_ == "gradual" and trial < handoff.from_epoch <= epochs:
        message = f"epoch {handoff.from_epoch} never comes in a trial, which has {trial} (tune.epochs)"
        draft.complain(arm.node, (*keys, "from_epoch"), message)
    elif handoff.as_ != "gradual" and handoff.from_epoch != default:
        draft.complain(arm.node, (*keys, "from_epoch"), f"is for 'as: gradual'; these vectors are {handoff.as_}", on_key=True)
