"""Writers of tables, one module for each format."""
