"""What others recorded, and what Steno exported, on its way into a store."""
