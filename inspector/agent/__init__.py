"""What runs beside the user's bus, in whichever process: engine, tap, effects, faults. Standard library only."""
