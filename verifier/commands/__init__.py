"""What can be done from the command line? One file a command: `HELP`, `add_arguments`, `run`."""
