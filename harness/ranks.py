"""The ranks of a geometry as a run asks for them: nodes, binding, variables, the site's options."""

from __future__ import annotations

from harness.launch import environment
from harness.launch.starter import Asked
from harness.plan.case import Geometry
from harness.prepare import Prepared


def asked(prepared: Prepared, geometry: Geometry, hosts: tuple[str, ...]) -> Asked:
    """Which ranks a launch of this geometry has. hosts : as many as it has nodes, or ()."""
    launcher = prepared.cluster.launcher
    return Asked(
        geometry,
        hosts,
        oversubscribe=prepared.request.overrides.oversubscribe,
        environment=environment.handed_on(environment.of_ranks(geometry.threads)),
        agent=launcher.agent,
        options=launcher.options,
    )
