"""When a teacher reads and answers parents: set in one sentence, told to whoever asks."""
