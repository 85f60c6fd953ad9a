"""In which form does a table leave? One file a form."""
