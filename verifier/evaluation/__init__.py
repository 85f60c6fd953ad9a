"""How good is an encoder? Arrays in, numbers out; only `photos` knows that there are files."""
