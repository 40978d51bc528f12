"""Waits for a program that takes very long."""

import subprocess

subprocess.run(["sleep", "98765"])
