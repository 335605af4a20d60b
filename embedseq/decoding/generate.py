"""Prompts to texts: batches of prompts go through a language model, and come back in the order given."""

from collections.abc import Sequence

from embedseq.decoding.sampling import Prompt, Sampled, sample
from embedseq.decoding.settings import SamplingSettings
from embedseq.errors import RequestError
from embedseq.models.language_model import LanguageModel


def generate(
    model: LanguageModel, prompts: Sequence[Sequence[int]], settings: SamplingSettings, count: int, batch_rows: int
) -> list[list[Sampled]]:
    """`count` texts for each prompt of token ids (without the start symbol), in the order of the prompts.

    The texts of a prompt are drawn independently, and the first ones are the same however many there are; equal prompts get equal
    texts. `batch_rows`, the most texts in a batch, changes no result. The model's mode is kept. Raises RequestError for a
    `count` below one, and for a prompt that is too long for the model.
    """
    if count < 1:
        raise RequestError(f"count: expected 1 or more texts for a prompt, found {count}")
    asked = [Prompt(tuple(prompt), number) for prompt in prompts for number in range(1, count + 1)]
    device = next(model.parameters()).device
    was_training = model.training
    model.eval()
    try:
        texts = [
            text
            for first in range(0, len(asked), batch_rows)
            for text in sample(model, asked[first : first + batch_rows], settings, device)
        ]
    finally:
        model.train(was_training)
    return [texts[first : first + count] for first in range(0, len(texts), count)]
