"""Losses: what goes wrong and shows nowhere else."""
