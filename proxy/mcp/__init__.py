"""What was recorded, as tools for agents: the Model Context Protocol, by its official package."""
