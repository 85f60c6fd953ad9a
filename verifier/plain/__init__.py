"""How is a picture without a face prepared? Digits, characters and signatures on paper, and plain pictures."""
