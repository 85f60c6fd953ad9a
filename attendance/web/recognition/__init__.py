"""Pages of recognition: comparison of pictures, and the trained models."""
