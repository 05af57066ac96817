"""What the latest entries tell about themselves: figures over them, and what follows from the figures. Pure."""
