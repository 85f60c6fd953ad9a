"""Reports on check-ins and work days: each returns one `Table`, which a writer turns into a page or a file."""
