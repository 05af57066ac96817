"""A recorded session, played again: to clients that ask it, and to another model."""
