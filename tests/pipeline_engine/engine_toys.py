"""Toy stages for the tests of the engine: they write what their spec says, and fail, wait, die or print as they are told.

`execution["journal"]` is a file to which every execution adds a line, so that a test can count what really ran.
"""

import errno
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from safetensors import SafetensorError

from embedseq.errors import DivergedError, WorkError
from embedseq.pipeline.events import Event, NodeResult, Observers
from embedseq.pipeline.stage import Node, StageContext, StageKind

KINDS = {
    name: f"engine_toys:{name.upper().replace('-', '_')}"
    for name in ("join", "length", "act", "slow", "epochs", "matmul", "where", "splits", "part", "choose", "chosen", "parent")
}


def note(context: StageContext) -> None:
    """Say in the journal that the stage runs."""
    if "journal" in context.execution:
        with Path(context.execution["journal"]).open("a") as file:
            file.write(f"{context.execution['name']}\n")


def join(context: StageContext) -> None:
    """Write the spec's text behind the texts of the inputs, and name what is missing."""
    note(context)
    texts = [(path / "text").read_text() for _, path in sorted(context.inputs.items())]
    texts += [f"<no {role}: {why}>" for role, why in sorted(context.failures.items())]
    (context.output / "text").write_text("".join(texts) + str(context.spec.get("text", "")))


def length(context: StageContext) -> None:
    """Write only how long the input's text is, so that different inputs may give the same bytes."""
    note(context)
    (context.output / "text").write_text(str(len((context.inputs["of"] / "text").read_text())))


def splits(context: StageContext) -> None:
    """Write `<split>.text` and `<split>/text` for each split of the spec."""
    note(context)
    for split, text in context.spec["splits"].items():
        (context.output / f"{split}.text").write_text(text)
        (context.output / split).mkdir()
        (context.output / split / "text").write_text(text)


def part(context: StageContext) -> None:
    """Write what is seen of the input `all`: the names of its files, and their texts."""
    note(context)
    folder = context.inputs["all"]
    seen = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    (context.output / "text").write_text(" ".join(f"{name}={(folder / name).read_text()}" for name in seen))


def act(context: StageContext) -> None:
    """Do what the spec says."""
    note(context)
    actions: dict[str, Callable[[], object]] = {
        "diverge": lambda: _raise(DivergedError("the loss is infinite in epoch 2")),
        "refuse": lambda: _raise(WorkError("the loss is not a number in epoch 2")),
        "crash": lambda: _raise(KeyError("a bug")),
        "fill": lambda: _raise(OSError(errno.ENOSPC, "No space left on device", "/store/weights")),
        "fill-in-words": lambda: _raise(SafetensorError("I/O error: No space left on device (os error 28)")),
        "leave": lambda: os._exit(3),
        "quit": lambda: _raise(SystemExit(0)),
        "die": lambda: os.kill(os.getpid(), signal.SIGKILL),
        "print": lambda: print("a library's own words"),
        "half-message": lambda: (os.write(_channel(context), b'\n{"event": "res'), os.kill(os.getpid(), signal.SIGKILL)),
        "compute": lambda: context.device,
        "link": lambda: (context.output / "link").symlink_to("/"),
        "worker-dies": lambda: (os.kill(os.getppid(), signal.SIGKILL), time.sleep(30)),
        "tell": lambda: (
            context.progress(1, 2, loss=float("nan"), node="x"),
            context.log("half-way"),
            context.fact("speed", 3.5),
        ),
    }
    actions[context.spec["do"]]()
    (context.output / "text").write_text("acted")


def choose(context: StageContext) -> None:
    """Choose what the spec says, whatever the inputs found."""
    note(context)
    found = [path.name for _, folder in sorted(context.inputs.items()) for path in sorted(folder.iterdir())]
    (context.output / "found").write_text(" ".join(found))
    (context.output / "choice.json").write_text(json.dumps({"spec": context.spec["choice"]}))


def chosen(context: StageContext) -> None:
    """Write the spec, and the names of the inputs."""
    note(context)
    (context.output / "text").write_text(json.dumps([context.spec, sorted(context.inputs)], sort_keys=True))


def slow(context: StageContext) -> None:
    """Write the texts, but only once the file `gate` is there; `begun` says that the stage waits. Starts a process of its own."""
    grandchild = os.fork()
    if grandchild == 0:
        time.sleep(60)
        os._exit(0)
    Path(context.execution["begun"]).write_text(f"{os.getpid()} {grandchild} {os.getppid()}")
    while not Path(context.execution["gate"]).exists():
        time.sleep(0.01)
    join(context)


def epochs(context: StageContext) -> None:
    """Six epochs with a checkpoint after each; the state of each follows from the one before, as in training."""
    note(context)
    checkpoint = context.scratch / "state"
    state = checkpoint.read_text() if checkpoint.exists() else "0:"
    while (epoch := int(state.partition(":")[0])) < 6:
        state = f"{epoch + 1}:{state.partition(':')[2]}{(epoch * 7 + 3) % 10}"
        temporary = context.scratch / "new"
        temporary.write_text(state)
        temporary.replace(checkpoint)
        context.progress(epoch + 1, 6, epoch=epoch + 1)
        time.sleep(context.execution.get("pause", 0))
    (context.output / "text").write_text(state)


def matmul(context: StageContext) -> None:
    """A product large enough for all threads, in the forked process."""
    import torch

    generator = torch.Generator().manual_seed(1)
    matrix = torch.randn(700, 700, generator=generator)
    product = matrix @ matrix @ matrix
    (context.output / "text").write_text(str(torch.get_num_threads()))
    (context.output / "product").write_bytes(product.numpy().tobytes())


def where(context: StageContext) -> None:
    """Write which process's child this is, and settings that the worker was given."""
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "PYTHONHASHSEED", "THP_MEM_ALLOC_ENABLE")
    lines = [
        str(os.getppid()),
        *(os.environ.get(name, "") for name in names),
        str("MKL_CBWR" in os.environ),
        str("colorsys" in sys.modules),
    ]
    (context.output / "text").write_text("\n".join(lines))


def parent(context: StageContext) -> None:
    """Write which process's child this is."""
    (context.output / "text").write_text(str(os.getppid()))


JOIN = StageKind("join", 1, join)
PARENT = StageKind("parent", 1, parent)
LENGTH = StageKind("length", 1, length)
ACT = StageKind("act", 1, act)
SLOW = StageKind("slow", 1, slow)
EPOCHS = StageKind("epochs", 1, epochs)
MATMUL = StageKind("matmul", 1, matmul, needs_torch=True)
WHERE = StageKind("where", 1, where, preload=("colorsys",))
CHOOSE = StageKind("choose", 1, choose)
CHOSEN = StageKind("chosen", 1, chosen, chosen_by="by")
SPLITS = StageKind("splits", 1, splits)
PART = StageKind("part", 1, part, reads={"all": ("{split}.*", "{split}/*")})


def node(name: str, kind: str = "join", *, inputs: Iterable[str] = (), journal: Path | None = None, **more: object) -> Node:
    """A node whose roles are the ids of its inputs; further names are fields of Node, or of the spec."""
    fields = {field: more.pop(field) for field in ("threads", "tolerant", "passing", "trial") if field in more}
    execution = {"name": name, **({"journal": str(journal)} if journal else {}), **more.pop("execution", {})}  # type: ignore[dict-item]
    return Node(name, kind, more, {role: role for role in inputs}, execution, **fields)  # type: ignore[arg-type]


class Watcher(Observers):
    """Remembers what it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Event] = []
        self.finished: list[NodeResult] = []

    def note(self, event: Event) -> None:
        self.events.append(event)

    def finish(self, result: NodeResult) -> None:
        self.finished.append(result)

    def told(self, what: str) -> list[str]:
        return [str(event.facts.get("message", event.facts)) for event in self.events if event.what == what]


def _raise(error: BaseException) -> None:
    raise error


def _channel(context: StageContext) -> int:
    return context.send.__self__._descriptor  # type: ignore[attr-defined, no-any-return]
