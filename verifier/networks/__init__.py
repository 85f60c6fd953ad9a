"""Network architectures, one file each with its paper, its origin and its licence."""
