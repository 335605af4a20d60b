"""All that makes two encoders alike, so that one can start from the weights of the other."""

from embedseq.models.attention.compose import is_projected
from embedseq.models.resolved import Widths, table_widths
from embedseq.models.resolved_sides import encoder_side, self_attention_of
from embedseq.models.settings import ALIASES, ModelShape
from embedseq.models.transformer.feed_forward import usual_width

Design = dict[str, object]


def encoder_design(shape: ModelShape, handed: Widths) -> Design:
    """Field -> its value with every default resolved, for the source vectors and the encoder of a shape.

    Dropout and penalties are left out: they train an encoder and do not make it another one.
    """
    side = encoder_side(shape)
    transformer = side.architecture == "transformer"
    positions = shape.positions or ("sinusoidal" if transformer else "none")
    design: Design = {
        "architecture": side.architecture,
        "layers": side.layers,
        "dim": shape.dim,
        "the width of the word vectors": table_widths(shape, handed)[0],
        "positions": positions,
    }
    if positions == "learned":
        design["max_positions"] = shape.max_positions
    if transformer:
        design |= {name: getattr(shape, name) for name in ("norm", "normalisation", "activation")}
        design["feed_forward"] = shape.feed_forward or usual_width(shape.dim, shape.activation)
    else:
        design |= {"bidirectional": shape.bidirectional, "residual": shape.residual}
    return design | _self_attention(shape, transformer)


def _self_attention(shape: ModelShape, transformer: bool) -> Design:
    settings = self_attention_of(shape, "encoder")
    if settings is None:
        return {"self_attention": "none"}
    design: Design = {
        "scorer": ALIASES.get(settings.scorer, settings.scorer),
        "heads": settings.heads,
        "hidden_dim": settings.hidden_dim or shape.dim,
        "projections": is_projected(settings, transformer),
        "span": settings.span,
        "experts": settings.experts or "none",
    }
    if settings.span == "window":
        design["window"] = settings.window
    return {f"self_attention.{name}": value for name, value in design.items()}


def differences(here: Design, there: Design) -> list[str]:
    """Where two designs differ, in words: `dim is 32 there and 48 here`. Of other architectures nothing more is said."""
    names = {**here, **there} if here["architecture"] == there["architecture"] else ("architecture",)
    return [
        f"{name} is {_said(there.get(name, 'not set'))} there and {_said(here.get(name, 'not set'))} here"
        for name in names
        if here.get(name) != there.get(name)
    ]


def _said(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
