"""The pages of Muster: one folder by subject, one file a page with its form; what they share is here."""
