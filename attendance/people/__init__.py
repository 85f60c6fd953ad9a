"""Who can be recognized? People, their departments, their PIN, and how a list of them is read from files."""
