"""Requests about work days and the decisions on them."""
