"""How does a person get a face? One photo by hand or many at once, and the worker that makes it searchable."""
