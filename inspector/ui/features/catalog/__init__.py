"""The catalog: every event of the program, what runs and what fails."""
