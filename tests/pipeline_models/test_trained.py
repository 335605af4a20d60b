"""What a model of one kind says to the questions that others answer."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from embedseq.errors import RequestError
from embedseq.models.kinds import named
from embedseq.models.settings import Kind
from embedseq.pipeline.models_by_kind import CLASSES, trained_model
from embedseq.pipeline.trained import QUESTIONS, Origin, TrainedModel

Make = Callable[..., Origin]
ASK: dict[str, Callable[[TrainedModel], object]] = {
    "translate": lambda model: model.translate(["The union"]),
    "attend": lambda model: model.attend("The union"),
    "generate": lambda model: model.generate("The union"),
    "label": lambda model: model.label(["The union"]),
    "fill": lambda model: model.fill("The ___"),
}


@pytest.mark.parametrize("kind", list(CLASSES))
def test_each_kind_answers_its_questions_and_refuses_the_others(origin: Make, kind: Kind) -> None:
    model = trained_model(origin(kind), kind)
    for question, ask in ASK.items():
        if question in QUESTIONS[kind]:
            assert ask(model)
            continue
        with pytest.raises(RequestError) as refused:
            ask(model)
        said = str(refused.value)
        assert said.startswith(f"`embedseq {question}` asks ")
        assert f"{kind}, seed 1 is {named(kind)}: ask it with `embedseq {QUESTIONS[kind][0]}`" in said


def test_a_refusal_names_the_models_that_answer(origin: Make) -> None:
    asked = origin("tagger")
    with pytest.raises(RequestError, match=r"In this run it can ask lm\.$"):
        trained_model(asked, "tagger").generate()
    with pytest.raises(RequestError, match=r"asks a language model, but .* This run has no such model\.$"):
        trained_model(replace(asked, kinds={"tagger": "tagger"}), "tagger").generate()
    many: dict[str, Kind] = {f"lm[{number}]": "language-model" for number in range(20)}
    with pytest.raises(RequestError, match=r"ask lm\[0\], .*, lm\[7\], 12 more\.$"):
        trained_model(replace(asked, kinds=many), "tagger").generate()
