"""What is measured and asserted: probes find what they look at, and expectations speak of scores that there will be."""

from collections.abc import Iterable
from typing import Any

from embedseq.embeddings.settings import VectorFileSettings
from embedseq.pipeline.file.claim_checks import check_claims
from embedseq.pipeline.file.draft import Draft, all_arms
from embedseq.pipeline.file.held_against import roles_of
from embedseq.pipeline.file.kinds import metrics_of
from embedseq.pipeline.file.matrix import Arm, as_text, flat
from embedseq.pipeline.file.nodes import Fields
from embedseq.pipeline.file.probe_checks import check_material, check_reference, check_sets, parts_of
from embedseq.pipeline.file.problems import advice, in_words
from embedseq.pipeline.file.references import handoffs
from embedseq.pipeline.file.selection import selected
from embedseq.pipeline.file.selectors import Subject
from embedseq.pipeline.file.spec import FileExpectation, ProbeExpectation, ScoreExpectation
from embedseq.probes.registry import probe_of


def subjects(embeddings: Iterable[tuple[str, Any]], arms: Iterable[Arm]) -> list[Subject]:
    """All that a selector can name: the embeddings, then the arms."""
    listed = [
        Subject("embedding", name, name, (), {path: as_text(value) for path, value in flat(settings.record())})
        for name, settings in embeddings
    ]
    return listed + [arm.subject for arm in arms]


def check_measured(draft: Draft) -> None:
    """All checks of probes, claims and expectations."""
    candidates = subjects(draft.embeddings.items(), all_arms(draft))
    chosen = {name: _check_probe(draft, name, probe, candidates) for name, probe in draft.probes.items()}
    check_claims(draft, candidates, chosen)
    for node, expectation in draft.expect:
        if isinstance(expectation, ScoreExpectation):
            _check_score(draft, node, expectation, candidates)
        elif isinstance(expectation, ProbeExpectation):
            _check_probe_score(draft, node, expectation, chosen)
        elif isinstance(expectation, FileExpectation) and (
            expectation.file.startswith("/") or ".." in expectation.file.split("/")
        ):
            draft.complain(node, ("file",), "expected a path inside the run, such as report.html")


def _check_probe(draft: Draft, name: str, probe: Any, candidates: list[Subject]) -> list[Subject] | None:
    node = draft.entry("probes", name)
    check_sets(draft, node, probe)
    if not draft.sound(node, "of"):
        return None
    found = selected(draft, node, ("of",), probe.of, candidates)
    if found is None:
        return None
    about = probe_of(probe).about
    embeddings = [subject.label for subject in found if subject.kind == "embedding"]
    if embeddings and (about.reads != "vectors" or about.compares_with_before):
        draft.complain(
            node, ("of",), f"'{probe.kind}' looks into models; {in_words(embeddings, 'and')} {_are(embeddings)} no model"
        )
        return None
    if not _check_counts(draft, node, probe, embeddings):
        return None
    arms = _arms(draft, found)
    if about.compares_with_before:
        _check_moving(draft, node, probe, arms)
    sound = check_material(draft, node, probe, arms)
    if sound and about.reads == "pair" and draft.sound(node, "reference"):
        _check_reference(draft, node, probe, candidates)
    return found if sound else None


def _check_counts(draft: Draft, node: Fields, probe: Any, embeddings: list[str]) -> bool:
    """How often words stood in a text is known of vectors that are trained here."""
    if getattr(probe, "property", None) != "frequency":
        return True
    loaded = [name for name in embeddings if isinstance(draft.embeddings[name], VectorFileSettings)]
    if loaded:
        from_files = f"{in_words(loaded, 'and')} {_are(loaded)} read from a file"
        draft.complain(node, ("of",), f"{from_files}, and nothing says how frequent words are there: select others")
    return not loaded


def _arms(draft: Draft, chosen: Iterable[Subject]) -> list[Arm]:
    labels = {subject.label for subject in chosen}
    return [arm for arm in all_arms(draft) if arm.label in labels]


def _check_reference(draft: Draft, node: Fields, probe: Any, candidates: list[Subject]) -> None:
    found = selected(draft, node, ("reference",), probe.reference, candidates)
    if found is None:
        return
    embeddings = [subject.label for subject in found if subject.kind == "embedding"]
    if embeddings:
        message = f"expected the name of one model; {in_words(embeddings, 'and')} {_are(embeddings)} no model"
        draft.complain(node, ("reference",), message)
        return
    check_reference(draft, node, probe, _arms(draft, found))


def _check_moving(draft: Draft, node: Fields, probe: Any, arms: list[Arm]) -> None:
    """A probe of how vectors moved needs vectors that could."""
    fixed = []
    for arm in arms:
        moving = any(side == "source" and handoff.as_ in ("tuned", "gradual") for _, side, handoff in handoffs(arm.settings))
        if not moving and draft.sound(arm.node, "embedding"):
            fixed.append(arm.label)
    if fixed:
        shown = in_words([*fixed[:3], *([f"{len(fixed) - 3} more"] if len(fixed) > 3 else [])], "and")
        name = arms[0].model
        message = (
            f"{probe.kind} needs source vectors that are tuned or gradual; {shown} {'has' if len(fixed) == 1 else 'have'} none: "
        )
        draft.complain(node, ("of",), f"{message}select the others, as {name}[*,tuned] does")


def _check_score(draft: Draft, node: Fields, expectation: ScoreExpectation, candidates: list[Subject]) -> None:
    if not draft.sound(node, "of", "score"):
        return
    found = selected(draft, node, ("of",), expectation.of, candidates)
    if found is None:
        return
    embeddings = [subject.label for subject in found if subject.kind == "embedding"]
    if embeddings:
        message = f"{in_words(embeddings, 'and')} {_are(embeddings)} no model; scores of embeddings come from probes: add 'probe'"
        draft.complain(node, ("of",), message)
        return
    for arm in _arms(draft, found):
        if arm.settings.data not in draft.data or not draft.sound(arm.node, "evaluate"):
            continue
        metrics = (*metrics_of(arm.settings, draft.data[arm.settings.data]), "loss")
        if expectation.score not in metrics:
            draft.complain(
                node, ("score",), f"{arm.label} is not scored by '{expectation.score}'{advice(expectation.score, metrics)}"
            )
            return
    _check_bound(draft, node, expectation, roles_of(None, expectation.score))


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
    scores = {score.name: score for score in probe_of(probe).about.scores}
    if not scores:
        draft.complain(node, ("probe",), f"'{probe.kind}' is a table without scores")
        return
    if expectation.score not in scores:
        draft.complain(
            node, ("score",), f"'{expectation.score}' is not a score of '{probe.kind}'{advice(expectation.score, list(scores))}"
        )
        return
    if expectation.of is not None and looked_at is not None:
        selected(draft, node, ("of",), expectation.of, looked_at)
    parts = parts_of(probe)
    if parts and expectation.part is not None and expectation.part not in parts:
        draft.complain(node, ("part",), f"'{expectation.part}' is not a part of it{advice(expectation.part, parts)}")
    _check_bound(draft, node, expectation, roles_of(probe, expectation.score))


def _check_bound(draft: Draft, node: Fields, expectation: ScoreExpectation | ProbeExpectation, roles: tuple[str, ...]) -> None:
    name, bound = expectation.comparison
    if isinstance(bound, str) and bound not in roles:
        instead = in_words([*roles, "a number"])
        draft.complain(node, (name,), f"'{expectation.score}' has no {bound} here; compare it with {instead}")


def _are(words: list[str]) -> str:
    return "is" if len(words) == 1 else "are"
