"""Scripts that make what the package ships; none of them runs in it."""
