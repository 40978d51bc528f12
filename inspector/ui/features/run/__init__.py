"""Commands of the person: run and watched, their processes told in the bar."""
