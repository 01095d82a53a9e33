"""Photos beside the digest: put in by a teacher, with a word on whose family has not agreed."""
