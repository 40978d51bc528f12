"""Parts that know events and serve several features."""
