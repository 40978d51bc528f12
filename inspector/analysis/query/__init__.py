"""The filter language: its reading, its terms, and what completes it at the cursor."""
