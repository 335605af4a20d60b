"""Text that is to a large part outside its vocabulary."""

from embedseq.text.unknown import many_unknown


def facts(valid: int, target: int = 0) -> dict[str, dict[str, dict[str, int]]]:
    none = {"sentences": 0, "tokens": 0, "unknown": 0}
    return {
        "source": {
            "train": {"sentences": 9, "tokens": 1000, "unknown": 95},
            "valid": {"sentences": 3, "tokens": 200, "unknown": valid},
        },
        "target": {"train": {"sentences": 9, "tokens": 800, "unknown": target}, "test": none},
    }


def test_the_share_that_usual_text_has_is_not_told() -> None:
    assert many_unknown(facts(valid=30)) == []


def test_a_split_with_many_unknown_tokens_is_told_with_its_side() -> None:
    (caution,) = many_unknown(facts(valid=62, target=400))
    assert caution.sign == "many-unknown"
    assert caution.seen == "Of the tokens 31% (valid, source), 50% (train, target) are not in the vocabulary."
