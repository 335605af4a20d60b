"""Whether too much of a text is outside its vocabulary."""

from collections.abc import Mapping

from embedseq.caution import Caution

MANY = 0.2
"""The share of a split's tokens from which unknown ones are too many: vocabularies of words leave out 2 to 15 % of usual text."""


def many_unknown(facts: Mapping[str, Mapping[str, Mapping[str, int]]]) -> list[Caution]:
    """What to say of a corpus: side -> split -> numbers of `tokens` and of `unknown` ones among them."""
    shares = {
        f"{split}, {side}": counts["unknown"] / counts["tokens"]
        for side, splits in facts.items()
        for split, counts in splits.items()
        if counts["tokens"] > 0
    }
    many = [f"{share:.0%} ({where})" for where, share in shares.items() if share > MANY]
    if not many:
        return []
    return [
        Caution(
            "many-unknown",
            f"Of the tokens {', '.join(many)} are not in the vocabulary.",
            "To a model all of them are one and the same token, which it can neither tell apart nor write: the text is of "
            "another kind than the one that the vocabulary was counted in, or the vocabulary is too small.",
            "Cut the text into pieces (`tokens: {kind: bpe}`), lower `min_count` or raise `size`, or train on text like it.",
        )
    ]
