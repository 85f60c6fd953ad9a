"""What does Muster know about likeness? A library: pictures in, embeddings and decisions out.

No Django, no people, no attendance. Data flows one way, from bytes to a decision:
`image` -> `faces` -> `encoder` -> `gallery` -> `policy`; `recognizer` is the first half in one call.
"""
