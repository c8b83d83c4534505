"""The ranks of a geometry as a site starts them: nodes, binding, variables, the site's options."""

from __future__ import annotations

from harness.config.cluster import Launcher
from harness.launch import environment
from harness.launch.starter import Asked
from harness.plan.case import Geometry


def asked(
    launcher: Launcher, geometry: Geometry, hosts: tuple[str, ...], *, oversubscribe: bool = False
) -> Asked:
    """Which ranks a launch of this geometry has. hosts : as many as it has nodes, or ()."""
    return Asked(
        geometry,
        hosts,
        oversubscribe=oversubscribe,
        environment=environment.handed_on(environment.of_ranks(geometry.threads)),
        agent=launcher.agent,
        options=launcher.options,
    )
