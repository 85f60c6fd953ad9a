"""Evaluation of encoders: arrays in, figures out; only `photos`, `lfw` and `plots` use files."""
