"""People, their departments and PINs, and the reading of lists of people from files."""
