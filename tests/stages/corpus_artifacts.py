"""Runs the stages `text` and `tokens` without an engine, on corpora as the settings describe them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedseq.pipeline.stage import StageContext
from embedseq.pipeline.stages import text, tokens
from embedseq.text.corpora import token_settings
from embedseq.text.settings import DataSettings


@dataclass(frozen=True)
class Artifacts:
    """What the two stages wrote."""

    text: Path
    tokens: Path


def run_stages(folder: Path, fields: Mapping[str, Any], like: Path | None = None) -> Artifacts:
    """The artifacts of a corpus in a new folder; `like` is the tokens' artifact of the corpus whose vocabulary it has."""
    data = DataSettings.from_record(fields)
    artifacts = Artifacts(folder / "text", folder / "tokens")
    for each in (artifacts.text, artifacts.tokens):
        each.mkdir(parents=True)
    execution = {"settings": data.record(), "base": str(folder)}
    text.run(StageContext({}, artifacts.text, folder, execution=execution))
    source, target = token_settings(data)
    side = data.vocabulary.rpartition(".")[2] if data.vocabulary else None
    spec = {
        "source": source.record() if side is None else None,
        "target": target.record() if target else None,
        "joint": data.joint,
        "like": side,
    }
    inputs = {"text": artifacts.text} | ({} if like is None else {"like": like})
    tokens.run(StageContext(spec, artifacts.tokens, folder, inputs=inputs))
    return artifacts


def names(folder: Path, beginning: str = "") -> list[str]:
    """The files of an artifact whose name begins so."""
    return sorted(path.name for path in folder.glob(f"{beginning}*"))
