"""Home-made buses: an object, module or dict that holds handlers, and a method that publishes."""
