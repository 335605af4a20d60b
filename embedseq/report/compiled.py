"""Compiled templates are kept where Python keeps compiled modules.

What compiling takes, `benchmarks/loading.py` says.
"""

import sys
from contextlib import suppress
from importlib.util import cache_from_source
from pathlib import Path

import jinja2
from jinja2.bccache import Bucket


class CompiledTemplates(jinja2.FileSystemBytecodeCache):
    """Those of a folder; where it cannot be written, or Python is told to keep nothing, each process compiles for itself.

    For environments without `optimized`, under which what filters make of constants would be part of what is kept.
    """

    def __init__(self, templates: Path) -> None:
        place = Path(cache_from_source(str(templates / "template")))
        super().__init__(str(place.parent), f"%s.jinja-{sys.implementation.cache_tag}")

    def get_bucket(self, environment: jinja2.Environment, name: str, filename: str | None, source: str) -> Bucket:
        """A template is another one, too, where jinja is, or where it is compiled with other options."""
        options = (jinja2.__version__, environment.autoescape, environment.trim_blocks, environment.lstrip_blocks)
        return super().get_bucket(environment, name, filename, f"{options!r} {source}")

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill in what was kept, if there is something that can be read."""
        with suppress(Exception):  # pickle and marshal may raise anything where a file is damaged
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled, if that is possible."""
        if not sys.dont_write_bytecode:
            with suppress(OSError):
                Path(self.directory).mkdir(parents=True, exist_ok=True)
                super().dump_bytecode(bucket)
