"""What lives beside the user's bus: the engine, fault injection, probes, the watchdog. Standard library only."""
