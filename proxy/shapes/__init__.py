"""What was recorded, in the shapes in which programs and people read it. Pure."""
