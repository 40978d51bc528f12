"""The demo, as a program that can be inspected; `source` has the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inspector.agent.program import Program


def demo_program(seed: int | None = None) -> Program:
    """Make the demo, ready to be started on the loop that will run its handlers.

    Args:
        seed: Seed of the simulated round trips to its services.
    """
    import inspector.demo
    from inspector.agent.program import CoreProgram

    demo = inspector.demo.build(seed=seed)
    return CoreProgram(
        demo.name,
        demo.bus,
        registry=demo.registry,
        categories=[category.value for category in demo.registry.categories],
        sse=demo.sse_registry,
        session_factory=demo.session_factory,
        faults=demo.faults,
        close=demo.close,
    )
