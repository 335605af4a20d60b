"""What a pipeline file says about probes: the settings of one of those that are registered."""

from typing import TYPE_CHECKING, Annotated, Union

from pydantic import Field

from embedseq.probes.probe import ProbeSettings as BaseProbeSettings
from embedseq.probes.registry import probes

if TYPE_CHECKING:
    ProbeSettings = BaseProbeSettings
else:
    ProbeSettings = Annotated[Union[tuple(kind.settings for kind in probes().values())], Field(discriminator="kind")]  # noqa: UP007
