"""Who is away, comes late, or is fetched by somebody else: one line from the family is enough."""
