"""Which architectures can encode? One file each, headed by its paper, its origin and its licence."""
