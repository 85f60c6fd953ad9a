"""Enrolment of faces: one photo by hand or many at once, and the worker that embeds them."""
