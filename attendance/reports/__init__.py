"""Which questions can be asked of the check-ins? Each answer is one `Table`; a writer turns it into page or file."""
