"""States in which there is nothing to find: as many, as wide and as long as real ones, the same each time."""

import numpy as np
import pytest
from labelled_states import material

from embedseq.probes.kinds.tag import TagSettings, measure
from embedseq.probes.material import StatesMaterial
from embedseq.probes.null_states import NULLS


@pytest.mark.parametrize("name", NULLS)
def test_they_are_as_many_as_wide_and_as_long_as_the_states(name: str) -> None:
    own = material("tag").own
    null = NULLS[name](own)
    assert null.layers == own.layers
    for layer in own.layers:
        real, found = own.words("test", layer), null.words("test", layer)
        assert found.shape == real.shape
        assert not np.allclose(found, real)
        lengths, wanted = np.linalg.norm(found, axis=1), np.linalg.norm(real, axis=1)
        np.testing.assert_allclose(np.sort(lengths), np.sort(wanted), rtol=1e-4)
        np.testing.assert_array_equal(found, NULLS[name](own).words("test", layer))


def test_a_permutation_is_the_same_in_all_layers() -> None:
    own = material("tag").own
    null = NULLS["permuted"](own)
    order = [
        np.flatnonzero((own.words("test", own.layers[0]) == row).all(axis=1))[0] for row in null.words("test", own.layers[0])[:20]
    ]
    np.testing.assert_array_equal(null.words("test", own.layers[-1])[:20], own.words("test", own.layers[-1])[order])


@pytest.mark.parametrize("name", NULLS)
def test_a_probe_finds_no_more_in_them_than_the_commonest_class(name: str) -> None:
    given = material("tag", untrained=False)
    null = NULLS[name](given.own)
    beside = StatesMaterial(given.trees, given.own, {null.label: null}, given.layers)
    found = {
        each.label: each
        for each in measure(beside, TagSettings(kind="tag", of="m", data="d")).measurements
        if each.score == "accuracy"
    }
    assert found[""].value > 0.9
    assert found[null.label].value < found["majority class"].value + 0.05
