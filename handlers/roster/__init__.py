"""The platform's address book kept in step with ours, and the families only a phone call reaches."""
