"""How a teacher's words to a family sound: other words are offered for what accuses, nothing is changed."""
