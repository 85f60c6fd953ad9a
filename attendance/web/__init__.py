"""Which pages does Muster show? One file a page, with its form; `errors` chooses the words."""
