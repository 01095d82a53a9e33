"""Weekly and monthly reports: what the class has read, once more and in order, and what is to come."""
