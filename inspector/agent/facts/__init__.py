"""The facts that a check needs, collected beside the user's bus."""
