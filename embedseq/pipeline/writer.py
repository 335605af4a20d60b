"""A language model of a run: it continues texts."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, cast

from embedseq.decoding.settings import SamplingSettings
from embedseq.pipeline.trained import Origin, TrainedModel
from embedseq.text.corpora import prepare

if TYPE_CHECKING:
    from embedseq.decoding.sampling import Sampled
    from embedseq.models.language_model import LanguageModel

BATCH_ROWS = 64


@dataclass(frozen=True)
class GeneratedText:
    """One text that a language model drew."""

    text: str
    """The prompt and what follows it."""
    tokens: tuple[str, ...]
    """Those that follow the prompt."""
    log_probability: float
    """The model's own of these tokens after the prompt, in nats, whatever was sharpened or cut for drawing them; of the end, too,
    where the text has ended."""
    prompt_log_probability: float
    """The model's own of the prompt."""
    ended: bool
    """Whether the model ended the text; otherwise it was cut at the greatest length, or at the last of the model's positions."""


@dataclass(frozen=True)
class Generated:
    """What a language model wrote after a prompt."""

    name: str
    """The model's."""
    prompt: str
    """As the model read it, in lower case where its corpus is."""
    unknown: tuple[str, ...]
    """The tokens of the prompt that are not in its vocabulary: it read `<unk>` in their place."""
    texts: tuple[GeneratedText, ...]

    def record(self) -> dict[str, Any]:
        """As plain JSON values."""
        content = asdict(self)
        return {"model": content.pop("name"), **content}


class Writer(TrainedModel):
    """A language model with the tokeniser of its corpus. It computes in float64, so that the texts that are drawn beside another
    one cannot change its draws in their last digits."""

    def __init__(self, origin: Origin) -> None:
        super().__init__(origin)
        self.model.double()

    def generate(self, prompt: str = "", settings: SamplingSettings | None = None, count: int = 1) -> Generated:
        """`count` texts that begin with the prompt; an empty prompt is free generation.

        The prompt is prepared and cut into tokens as the corpus was. Its last token is taken as it stands: where tokens are
        pieces of words, a prompt that stops within a word may be continued within it. The texts depend on the prompt and the
        settings alone, and the first ones are the same however many are asked for. A text is cut where the positions end that a
        model has learned. Raises RequestError for a prompt that leaves it none, and for a `count` below one.
        """
        from embedseq.decoding.generate import generate

        tokeniser, vocabulary = self.tokenisers["source"], self.vocabularies["source"]
        prepared = prepare(prompt, self.data)
        tokens = tokeniser.tokenise(prepared)
        model = cast("LanguageModel", self.model)
        (drawn,) = generate(model, [vocabulary.ids(tokens)], settings or SamplingSettings(), count, BATCH_ROWS)
        unknown = tuple(dict.fromkeys(token for token in tokens if token not in vocabulary))
        return Generated(self.name, prepared, unknown, tuple(self._text(tokens, each) for each in drawn))

    def _text(self, prompt: list[str], drawn: "Sampled") -> GeneratedText:
        tokens = tuple(self.vocabularies["source"].tokens_of(drawn.tokens))
        text = self.tokenisers["source"].detokenise([*prompt, *tokens])
        return GeneratedText(text, tokens, drawn.log_probability, drawn.prompt_log_probability, drawn.ended)
