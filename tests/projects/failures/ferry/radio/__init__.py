"""The radio of the ferry: signals of blinker, in ``failing`` with receivers that fail or lose something."""
