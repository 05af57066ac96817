"""The pages: what was recorded, to be looked at in a browser."""
