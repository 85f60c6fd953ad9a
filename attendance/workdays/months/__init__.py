"""Months: closing, stored days, adjustments and summaries."""
