"""What runs beside the user's bus, in whichever process that is. Standard library only."""
