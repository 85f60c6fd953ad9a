"""Pictures in, embeddings and decisions out: detection, encoding, search, comparison, calibration and training.

The library knows no Django, no people and no attendance. Data flows one way, from bytes to a decision:
`image` -> `faces` -> `encoder` -> `gallery` -> `policy`; `recognizer` is the first half in one call.
"""
