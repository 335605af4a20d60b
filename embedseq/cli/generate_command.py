"""`embedseq generate PROMPT`."""

import json
from dataclasses import dataclass
from pathlib import Path

import click

from embedseq.cli.options import as_one, json_option, model_options, run_option, store_option
from embedseq.cli.unknown import say_unknown


@dataclass(frozen=True)
class Asked:
    """What the command line says."""

    prompt: str
    run_name: str
    model: str
    seed: int | None
    temperature: float
    top_k: int | None
    top_p: float
    sampling_seed: int
    count: int
    max_length: int
    store: Path
    as_json: bool


@click.command("generate")
@click.argument("prompt", default="")
@run_option
@model_options("writer[gru]")
@click.option(
    "--temperature",
    type=click.FloatRange(min=0),
    default=1.0,
    show_default=True,
    help="Below 1 likely tokens become likelier; 0 always takes the likeliest.",
)
@click.option("--top-k", type=click.IntRange(min=1), metavar="K", help="Draw from the K likeliest tokens alone.  [default: all]")
@click.option(
    "--top-p",
    type=click.FloatRange(0, 1, min_open=True),
    default=1.0,
    show_default=True,
    metavar="P",
    help="Draw from the fewest likeliest tokens that have the probability P together.",
)
@click.option(
    "--sampling-seed",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="Of the random numbers; another one gives other texts.",
)
@click.option("--count", type=click.IntRange(min=1), default=1, show_default=True, help="How many texts.")
@click.option(
    "--max-length", type=click.IntRange(min=1), default=100, show_default=True, help="At most so many tokens follow the prompt."
)
@store_option
@json_option
@as_one(Asked)
def command(asked: Asked) -> None:
    """Continue PROMPT with a language model: print the prompt and what is drawn after it, one text a line. Without a prompt the
    text is the model's own from its first word on.

    The logits are divided by the temperature, then cut to the best K, then to the nucleus P. The same prompt, seed and options
    always give the same texts, and the first of them whatever the count. Where tokens are pieces of words, a prompt may stop
    within a word. A text is cut where the positions end that a model has learned. JSON has the log-probability of each text, as
    the model sees it before anything is divided or cut.

    \b
    embedseq generate --model "writer[gru]" "My fellow citizens" --temperature 0.8 --top-k 50 --count 3
    embedseq generate --model "writer[transformer]" "The war" --top-p 0.9 --sampling-seed 7 --json
    """
    from embedseq.decoding.settings import SamplingSettings
    from embedseq.pipeline.run import open_run

    settings = SamplingSettings(
        temperature=asked.temperature,
        top_k=asked.top_k,
        top_p=asked.top_p,
        max_length=asked.max_length,
        seed=asked.sampling_seed,
    )
    model = open_run(asked.run_name, store=asked.store).model(asked.model, asked.seed)
    generated = model.generate(asked.prompt, settings, asked.count)
    if asked.as_json:
        click.echo(json.dumps(generated.record(), indent=1, ensure_ascii=False))
        return
    say_unknown(generated.unknown)
    for each in generated.texts:
        click.echo(each.text)
