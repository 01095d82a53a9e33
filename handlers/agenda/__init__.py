"""What a class group has read this week, and what is still to come: one look for its class teacher."""
