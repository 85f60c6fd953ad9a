"""Training of similarity encoders: recipes, data, sampling, losses, Siamese networks and the training loop."""
