"""A command that runs by itself: started unchanged, and watched through rings in a private folder."""
