"""Which mistakes of the set-up can be found before the first request?"""
