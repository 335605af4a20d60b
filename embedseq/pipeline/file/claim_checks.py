"""Whether a claim is about what there is: arms, scores, parts, sentences, numbers."""

import math
from collections.abc import Sequence
from typing import Any, Literal

from embedseq.pipeline.file.claim_settings import ClaimArm, ClaimSettings, TrendSettings
from embedseq.pipeline.file.draft import Draft, all_arms
from embedseq.pipeline.file.held_against import labels_of, roles_of
from embedseq.pipeline.file.kinds import metrics_of
from embedseq.pipeline.file.layers import layers_measured
from embedseq.pipeline.file.nodes import Fields, Listing
from embedseq.pipeline.file.numbered_parts import numbers_of
from embedseq.pipeline.file.probe_checks import parts_of, sound_corpus
from embedseq.pipeline.file.problems import advice, in_words, several_parts
from embedseq.pipeline.file.selection import selected
from embedseq.pipeline.file.selectors import Subject
from embedseq.probes.registry import probe_of

LEAST_OF_TREND = 3
LEAST_SEEDS = 6
"""For a test over seeds; `embedseq.statistics.needed` says why, which takes SciPy to import."""
RESTED_ON = ("better", "worse", "more", "less", "trend", "probe", "metric", "part", "slice", "test")
"""The fields that are checked against the rest of the file, if they are sound themselves."""


def check_claims(draft: Draft, candidates: Sequence[Subject], probed: dict[str, list[Subject] | None]) -> None:
    """All checks of claims; `probed`: what each probe looks at, None where that is broken."""
    for name, claim in draft.claims.items():
        _Claim(draft, draft.entry("claims", name), claim, candidates, probed).check()


class _Claim:
    """One claim, while it is checked."""

    def __init__(
        self,
        draft: Draft,
        node: Fields,
        claim: ClaimSettings,
        candidates: Sequence[Subject],
        probed: dict[str, list[Subject] | None],
    ) -> None:
        self.draft, self.node, self.claim = draft, node, claim
        self.candidates, self.probed = candidates, probed

    def check(self) -> None:
        """Complain of the first thing that is wrong: what comes after it rests on it."""
        if not self.draft.sound(self.node, *RESTED_ON) or not self._has_form():
            return
        among = self._among()
        if among is None:
            return
        arms = self._arms(among)
        if arms is None or not self._check_metric(arms) or not self._check_parts():
            return
        if not self._check_measured_parts(arms) or not self._check_labels(arms):
            return
        self._check_seeds()
        if self.claim.trend is not None:
            self._check_trend(self.claim.trend, arms)
        self._check_one_part(arms)
        if self.claim.slice is not None:
            self._check_slice(arms)

    def _has_form(self) -> bool:
        """Whether there are two arms or a trend; where something else is broken, nothing has made sure of it."""
        return self.claim.trend is not None or None not in self.claim.sides.values()

    def _among(self) -> Sequence[Subject] | None:
        """What arms can be: all models, or what the probe looks at."""
        probe = self.claim.probe
        if probe is None:
            return [each for each in self.candidates if each.kind == "model"]
        if probe not in self.draft.names("probes"):
            self._complain("probe", f"no probe is called '{probe}'{advice(probe, self.draft.names('probes'))}")
            return None
        return self.probed.get(probe)

    def _arms(self, among: Sequence[Subject]) -> list[Subject] | None:
        if self.claim.trend is not None:
            return self._select(("trend", "of"), self.claim.trend.of, among)
        found: list[Subject] = []
        for field, side in self.claim.sides.items():
            assert side is not None
            keys = (field, "of") if isinstance(side, ClaimArm) else (field,)
            chosen = self._select(keys, side.of if isinstance(side, ClaimArm) else side, among)
            if chosen is None:
                return None
            if len(chosen) > 1:
                labels = [each.label for each in chosen]
                self._complain(*keys, f"expected one arm, found {len(chosen)}: {in_words(labels[:4], 'and')}; name one of them")
                return None
            found += chosen
        if found[0].label == found[1].label and not self._differ():
            self._complain(field, f"both arms are {found[0].label}: name two, or two parts of it ({{of: …, part: …}})")
            return None
        return found

    def _differ(self) -> bool:
        """Whether the two sides are different numbers of one subject."""
        told = []
        for side in self.claim.sides.values():
            arm = side if isinstance(side, ClaimArm) else ClaimArm(of="")
            told.append((self.claim.part_of(arm), arm.role, arm.label))
        return told[0] != told[1]

    def _select(self, keys: tuple[str, ...], selector: str, among: Sequence[Subject]) -> list[Subject] | None:
        return selected(self.draft, self.node, keys, selector, among)

    def _check_metric(self, arms: Sequence[Subject]) -> bool:
        if self.claim.probe is not None:
            probe = self.draft.probes.get(self.claim.probe)
            scores = [score.name for score in probe_of(probe).about.scores] if probe is not None else []
            if probe is not None and self.claim.metric not in scores:
                has = advice(self.claim.metric, scores) if scores else ", which has no scores"
                self._complain("metric", f"'{self.claim.metric}' is not a score of '{probe.kind}'{has}")
                return False
            if probe is not None and self.claim.better is not None and probe_of(probe).about.describes:
                told = f"'{self.claim.metric}' only describes, and neither more nor less of it is better"
                self._complain("better", f"{told}: write 'more' and 'less' in place of 'better' and 'worse'")
                return False
            return True
        labels = {subject.label for subject in arms}
        for arm in all_arms(self.draft):
            data = sound_corpus(self.draft, arm.settings.data)
            if arm.label in labels and data is not None and self.draft.sound(arm.node, "evaluate"):
                metrics = (*metrics_of(arm.settings, data), "loss")
                if self.claim.metric not in metrics:
                    told = f"{arm.label} is not scored by '{self.claim.metric}'{advice(self.claim.metric, metrics)}"
                    self._complain("metric", told)
                    return False
        return True

    def _check_parts(self) -> bool:
        """Whether the sides speak of parts, roles and labels that the score can have; complains of the first that is none."""
        probe = self._probe()
        parts = () if probe is None else parts_of(probe)
        roles = roles_of(probe, self.claim.metric)
        sides = [((), self.claim), *(((name,), side) for name, side in self.claim.sides.items())]
        for keys, side in sides:
            part = None if side is None or isinstance(side, str) else side.part
            if part is not None and self.claim.probe is None:
                return self._complain(*keys, "part", "only the scores of probes have parts: name a probe, or leave it out")
            if part is not None and parts and part not in parts:
                return self._complain(*keys, "part", f"'{part}' is not a part of {self.claim.probe}{advice(part, parts)}")
            if isinstance(side, ClaimArm) and side.role != "score" and side.role not in roles:
                has = in_words(roles) if roles else "nothing of the kind"
                return self._complain(*keys, "role", f"'{self.claim.metric}' has no {side.role} here: there is {has}")
            if isinstance(side, ClaimArm) and side.role == "score" and side.label is not None:
                return self._complain(*keys, "label", "a score has no label: set 'role' to baseline or control, or leave it out")
        return True

    def _check_measured_parts(self, arms: Sequence[Subject]) -> bool:
        """Whether the layers, distances and bands that the sides speak of are measured of these models."""
        probe = self._probe()
        if probe is None or not self.draft.sound(self.draft.entry("probes", str(self.claim.probe))):
            return True
        for name, side, subject in self._sides(arms):
            noun, there = self._parts_that_can_be(probe, side, subject)
            part = self.claim.part_of(side)
            if part is not None and there is not None and part not in there:
                keys = ("part",) if side.part is None else (name, "part")
                told = f"'{part}' is not a {noun} of {subject.label} that {self.claim.probe} measures"
                return self._complain(*keys, f"{told}{advice(part, [each for each in there if each])}")
        return True

    def _parts_that_can_be(self, probe: Any, side: ClaimArm, subject: Subject) -> tuple[str, tuple[str, ...] | None]:
        """What the parts are called, and which the side's number can have, where the file decides that."""
        layers = layers_measured(self.draft, probe, self.candidates, subject)
        possible = probe.possible_parts(self.claim.metric, side.role, layers)
        return ("layer", layers) if possible is None else ("part", possible)

    def _check_labels(self, arms: Sequence[Subject]) -> bool:
        """Whether the baseline or control that a side names is one that there will be, and no other could be meant."""
        probe = self._probe()
        if probe is not None and not self.draft.sound(self.draft.entry("probes", str(self.claim.probe))):
            return True
        for name, side, subject in self._sides(arms):
            if side.role == "score":
                continue
            labels = labels_of(self.draft, probe, self.claim.metric, side.role, subject)
            if labels is None:
                continue
            of, named = f"'{self.claim.metric}' of {subject.label}", side.label
            if not labels:
                return self._complain(name, "role", f"{of} has no {side.role}, as this file is: choose another arm")
            if named is not None and named not in labels:
                return self._complain(name, "label", f"no {side.role} of {of} is called '{named}'{advice(named, labels)}")
            if named is None and len(labels) > 1:
                several = f"{of} has {len(labels)} {side.role}s, {in_words(labels, 'and')}: name one of them in 'label'"
                return self._complain(name, "role", several)
        return True

    def _check_one_part(self, arms: Sequence[Subject]) -> None:
        """Complain of a side that could speak of several parts of the score, where the file says which there are."""
        probe, trend = self._probe(), self.claim.trend
        if probe is None or (trend is not None and (trend.over == "part" or not self.draft.sound(self.node, "trend"))):
            return
        if not self.draft.sound(self.draft.entry("probes", str(self.claim.probe))):
            return
        for name, side, subject in self._sides(arms):
            parts = self._listed(probe, side, subject)
            if self.claim.part_of(side) is None and len(parts) > 1:
                keys = ("metric",) if name == "" else (name,)
                self._complain(*keys, several_parts(str(self.claim.probe), subject.label, parts))
                return

    def _probe(self) -> Any:
        """The settings of the claim's probe; None for a claim about scores of models."""
        return None if self.claim.probe is None else self.draft.probes[self.claim.probe]

    def _sides(self, arms: Sequence[Subject]) -> list[tuple[str, ClaimArm, Subject]]:
        """Each arm with what the claim says of it, and the field that says it; a trend says nothing of one alone."""
        if self.claim.trend is not None:
            return [("", ClaimArm(of=self.claim.trend.of), subject) for subject in arms]
        told = [(name, side if isinstance(side, ClaimArm) else ClaimArm(of=str(side))) for name, side in self.claim.sides.items()]
        return [(name, side, subject) for (name, side), subject in zip(told, arms, strict=True)]

    def _check_seeds(self) -> None:
        if self.claim.test != "seeds" or not self.draft.sound(self.draft.root, "seeds"):
            return
        listed = self.draft.root.get("seeds")
        number = len(listed.items) if isinstance(listed, Listing) else 1
        if number < LEAST_SEEDS:
            are = "is" if number == 1 else "are"
            self._complain("test", f"a test over seeds needs {LEAST_SEEDS} of them or more, and there {are} {number}")

    def _check_trend(self, trend: TrendSettings, arms: Sequence[Subject]) -> None:
        if trend.over == "part":
            if self.claim.probe is None:
                self._complain("trend", "over", "only probes have parts: name a probe, or a field of the models")
            elif len(arms) > 1:
                self._complain("trend", "of", f"a trend over parts is one of a single arm, found {len(arms)}")
            elif self.claim.part is not None:
                self._complain("part", "a trend over parts is over all that have a number in their names: leave it out")
            else:
                self._check_numbered(arms[0])
            return
        for subject in arms:
            if trend.over not in subject.fields:
                has = advice(trend.over, [*subject.fields, *(["part"] if self.claim.probe is not None else [])])
                self._complain("trend", "over", f"{subject.label} has no field '{trend.over}'{has}")
                return
            found = subject.fields[trend.over]
            if not _is_number(found):
                self._complain("trend", "over", f"a trend needs numbers, but {trend.over} of {subject.label} is '{found}'")
                return
        values = {float(subject.fields[trend.over]) for subject in arms}
        if len(values) < LEAST_OF_TREND:
            self._complain("trend", "of", f"a trend needs {LEAST_OF_TREND} different values of {trend.over}, found {len(values)}")

    def _listed(self, probe: Any, side: ClaimArm, subject: Subject) -> tuple[str, ...]:
        """The parts that the side's number can have, where the file decides that; else none."""
        return parts_of(probe) or self._parts_that_can_be(probe, side, subject)[1] or ()

    def _check_numbered(self, subject: Subject) -> None:
        """Complain where a trend over parts will not find enough of them."""
        probe = self._probe()
        if probe is None or not self.draft.sound(self.draft.entry("probes", str(self.claim.probe))):
            return
        most = probe.most_numbered(self.claim.metric)
        parts = self._listed(probe, ClaimArm(of=subject.label), subject) if most is None else ()
        found = len(numbers_of(parts)) if parts and most is None else most
        if found is not None and found < LEAST_OF_TREND:
            told = f"{LEAST_OF_TREND} of them with a number of their own in the name"
            named = [part for part in parts if part]
            listed = f" among {in_words(named, 'and')}" if named else ""
            self._complain("trend", "over", f"a trend over parts needs {told}; '{self.claim.metric}' has {found}{listed}")

    def _check_slice(self, arms: Sequence[Subject]) -> None:
        if self.claim.probe is not None:
            self._complain("slice", "a slice is one of the test split's sentences, which a probe does not measure: leave it out")
            return
        labels = {subject.label for subject in arms}
        corpora = {arm.settings.data for arm in all_arms(self.draft) if arm.label in labels}
        if len(corpora) > 1:
            self._complain("slice", f"the arms read different corpora, {in_words(sorted(corpora), 'and')}: a slice needs one")
        for corpus in corpora:
            data = sound_corpus(self.draft, corpus)
            if data is None or self.claim.slice is None:
                continue
            side = self.claim.slice.side
            if data.reads_images or data.stretch is not None:
                self._complain("slice", f"the items of {corpus} are not whole sentences of text: leave it out")
            elif side not in data.word_sides:
                self._complain("slice", "side", f"{corpus} has no words on its {side} side, since its task is {data.task}")

    def _complain(self, *keys_and_message: str) -> Literal[False]:
        *keys, message = keys_and_message
        self.draft.complain(self.node, keys, message)
        return False


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
