"""What a selector in a probe, a claim or an expectation names; a complaint where it names nothing."""

from collections.abc import Sequence

from embedseq.pipeline.file.draft import Draft
from embedseq.pipeline.file.nodes import Fields
from embedseq.pipeline.file.selectors import SelectorError, Subject, parse, select


def selected(draft: Draft, node: Fields, keys: Sequence[str], selector: str, among: Sequence[Subject]) -> list[Subject] | None:
    """What the selector names; none after complaining of it at `keys` (silent where what it names is broken itself)."""
    try:
        return select(selector, among)
    except SelectorError as error:
        if not any(_rests_on_broken(draft, one) for one in selector.split(" + ")):
            draft.complain(node, keys, str(error))
        return None


def _rests_on_broken(draft: Draft, selector: str) -> bool:
    """Whether one of joined selectors names what could not be read as it was meant."""
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
