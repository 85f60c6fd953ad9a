"""How does the library learn similarity? Recipe, data, sampling, losses, the twin, the loop."""
