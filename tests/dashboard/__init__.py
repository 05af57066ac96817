"""The pages, piece by piece and in a browser."""
