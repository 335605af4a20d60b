"""What is measured and asserted: probes find what they look at, and expectations speak of scores that there will be."""

from collections.abc import Iterable
from typing import Any

from embedseq.pipeline.file.draft import Draft, all_arms
from embedseq.pipeline.file.kinds import kind_of, metrics_of
from embedseq.pipeline.file.matrix import Arm, as_text, flat
from embedseq.pipeline.file.nodes import Fields, find
from embedseq.pipeline.file.problems import advice, in_words
from embedseq.pipeline.file.references import handoffs
from embedseq.pipeline.file.selectors import SelectorError, Subject, parse, select
from embedseq.pipeline.file.spec import FileExpectation, ProbeExpectation, ScoreExpectation
from embedseq.probes.settings import DriftSettings, NeighboursSettings, PreviousWordSettings, WordSimilaritySettings

WORD_SETS = ("wordsim353", "simlex999")
MODELS_ONLY = (DriftSettings, PreviousWordSettings)
SCORES: dict[type, tuple[str, ...]] = {
    WordSimilaritySettings: ("rho",),
    NeighboursSettings: (),
    DriftSettings: ("drift",),
    PreviousWordSettings: ("accuracy", "selectivity"),
}


def subjects(embeddings: Iterable[tuple[str, Any]], arms: Iterable[Arm]) -> list[Subject]:
    """All that a selector can name: the embeddings, then the arms."""
    listed = [
        Subject("embedding", name, name, (), {path: as_text(value) for path, value in flat(settings.record())})
        for name, settings in embeddings
    ]
    return listed + [arm.subject for arm in arms]


def check_measured(draft: Draft) -> None:
    """All checks of probes and expectations."""
    candidates = subjects(draft.embeddings.items(), all_arms(draft))
    chosen = {name: _check_probe(draft, name, probe, candidates) for name, probe in draft.probes.items()}
    for node, expectation in draft.expect:
        if isinstance(expectation, ScoreExpectation):
            _check_score(draft, node, expectation, candidates)
        elif isinstance(expectation, ProbeExpectation):
            _check_probe_score(draft, node, expectation, chosen)
        elif isinstance(expectation, FileExpectation) and (
            expectation.file.startswith("/") or ".." in expectation.file.split("/")
        ):
            draft.complain(node, ("file",), "expected a path inside the run, such as report.html")


def _select(draft: Draft, node: Fields, selector: str, candidates: list[Subject]) -> list[Subject] | None:
    """What a selector names; none after reporting that it names nothing (silent where what it names is broken itself)."""
    try:
        return select(selector, candidates)
    except SelectorError as error:
        if not _rests_on_broken(draft, selector):
            draft.complain(node, ("of",), str(error))
        return None


def _rests_on_broken(draft: Draft, selector: str) -> bool:
    try:
        name = parse(selector).name
    except SelectorError:
        return False
    places = [(name,)] if name in ("models", "embeddings") else [(section, name) for section in ("models", "embeddings")]
    return any(not draft.findings.sound(place) or _is_partly_read(draft, place) for place in places)


def _is_partly_read(draft: Draft, place: tuple[str, ...]) -> bool:
    """Whether a named entry stands in the file and yet could not be read."""
    section, *names = place
    read = draft.models if section == "models" else draft.embeddings
    return any(name in draft.names(section) and not read.get(name) for name in names or draft.names(section))


def _check_probe(draft: Draft, name: str, probe: Any, candidates: list[Subject]) -> list[Subject] | None:
    node = draft.entry("probes", name)
    if isinstance(probe, WordSimilaritySettings) and draft.sound(node, "sets"):
        for index, word_set in enumerate(probe.sets):
            if word_set not in WORD_SETS and not any(mark in word_set for mark in "/\\."):
                message = (
                    f"'{word_set}' is not a set of word pairs{advice(word_set, WORD_SETS)}; a file is written with its ending"
                )
                _complain_item(draft, node, "sets", index, message)
    if not draft.sound(node, "of"):
        return None
    found = _select(draft, node, probe.of, candidates)
    if found is None:
        return None
    embeddings = [subject.label for subject in found if subject.kind == "embedding"]
    if embeddings and isinstance(probe, MODELS_ONLY):
        draft.complain(
            node, ("of",), f"'{probe.kind}' looks into models; {in_words(embeddings, 'and')} {_are(embeddings)} no model"
        )
        return None
    if isinstance(probe, DriftSettings):
        _check_drift(draft, node, probe, found)
    elif not _check_readable(draft, node, probe, found):
        return None
    return found


def _check_readable(draft: Draft, node: Fields, probe: Any, found: list[Subject]) -> bool:
    """Word probes need word vectors on the source side, the others an encoder that reads words."""
    labels = {subject.label for subject in found}
    for arm in all_arms(draft):
        data = draft.data.get(arm.settings.data)
        if arm.label not in labels or data is None:
            continue
        if data.reads_images:
            draft.complain(node, ("of",), f"{arm.label} reads images, and '{probe.kind}' looks at words")
            return False
        if isinstance(probe, PreviousWordSettings) and kind_of(arm.settings, data) == "language-model":
            draft.complain(node, ("of",), f"{arm.label} is a language model, and '{probe.kind}' looks into encoders")
            return False
    return True


def _check_drift(draft: Draft, node: Fields, probe: DriftSettings, found: list[Subject]) -> None:
    labels = {subject.label for subject in found}
    fixed = []
    for arm in all_arms(draft):
        moving = any(side == "source" and handoff.as_ in ("tuned", "gradual") for _, side, handoff in handoffs(arm.settings))
        if arm.label in labels and not moving and draft.sound(arm.node, "embedding"):
            fixed.append(arm.label)
    if fixed:
        shown = in_words([*fixed[:3], *([f"{len(fixed) - 3} more"] if len(fixed) > 3 else [])], "and")
        name = parse(probe.of).name
        message = f"drift needs source vectors that are tuned or gradual; {shown} {'has' if len(fixed) == 1 else 'have'} none: "
        draft.complain(node, ("of",), f"{message}select the others, as {name}[*,tuned] does")


def _check_score(draft: Draft, node: Fields, expectation: ScoreExpectation, candidates: list[Subject]) -> None:
    if not draft.sound(node, "of", "score"):
        return
    found = _select(draft, node, expectation.of, candidates)
    if found is None:
        return
    embeddings = [subject.label for subject in found if subject.kind == "embedding"]
    if embeddings:
        message = f"{in_words(embeddings, 'and')} {_are(embeddings)} no model; scores of embeddings come from probes: add 'probe'"
        draft.complain(node, ("of",), message)
        return
    labels = {subject.label for subject in found}
    for arm in all_arms(draft):
        if arm.label not in labels or arm.settings.data not in draft.data or not draft.sound(arm.node, "evaluate"):
            continue
        metrics = (*metrics_of(arm.settings, draft.data[arm.settings.data]), "loss")
        if expectation.score not in metrics:
            draft.complain(
                node, ("score",), f"{arm.label} is not scored by '{expectation.score}'{advice(expectation.score, metrics)}"
            )
            return
    _check_bound(draft, node, expectation, ("baseline",))


def _check_probe_score(
    draft: Draft, node: Fields, expectation: ProbeExpectation, chosen: dict[str, list[Subject] | None]
) -> None:
    if not draft.sound(node, "probe", "of", "score", "part"):
        return
    if expectation.probe not in draft.names("probes"):
        draft.complain(
            node, ("probe",), f"no probe is called '{expectation.probe}'{advice(expectation.probe, draft.names('probes'))}"
        )
        return
    probe, looked_at = draft.probes.get(expectation.probe), chosen.get(expectation.probe)
    if probe is None or not draft.sound(draft.entry("probes", expectation.probe)):
        return
    scores = SCORES[type(probe)]
    if not scores:
        draft.complain(node, ("probe",), f"'{probe.kind}' is a table without scores")
        return
    if expectation.score not in scores:
        draft.complain(
            node, ("score",), f"'{expectation.score}' is not a score of '{probe.kind}'{advice(expectation.score, scores)}"
        )
        return
    if expectation.of is not None and looked_at is not None:
        _select(draft, node, expectation.of, looked_at)
    parts = _parts(probe)
    if parts and expectation.part is not None and expectation.part not in parts:
        draft.complain(node, ("part",), f"'{expectation.part}' is not a part of it{advice(expectation.part, parts)}")
    roles = {"rho": ("baseline",), "accuracy": ("baseline", "control")}
    _check_bound(draft, node, expectation, roles.get(expectation.score, ()))


def _check_bound(draft: Draft, node: Fields, expectation: ScoreExpectation | ProbeExpectation, roles: tuple[str, ...]) -> None:
    name, bound = expectation.comparison
    if isinstance(bound, str) and bound not in roles:
        instead = in_words([*roles, "a number"])
        draft.complain(node, (name,), f"'{expectation.score}' has no {bound} here; compare it with {instead}")


def _parts(probe: Any) -> tuple[str, ...]:
    """The parts of a probe's scores that the file decides; none where only the run knows."""
    return tuple(probe.sets) if isinstance(probe, WordSimilaritySettings) else ()


def _complain_item(draft: Draft, node: Fields, field: str, index: int, message: str) -> None:
    item = find(node, (field, str(index)))
    if item is None:
        draft.complain(node, (field,), message)
    else:
        draft.findings.add(item.position, item.path, message)


def _are(words: list[str]) -> str:
    return "is" if len(words) == 1 else "are"
