"""Commands of the library, one file each with `HELP`, `add_arguments` and `run`."""
