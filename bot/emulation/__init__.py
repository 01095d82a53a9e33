"""What every emulated platform shares: the school, people's phones, the clock, faults, the record."""
