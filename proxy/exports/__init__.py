"""What was recorded, written for others: as Steno's own lines, as OpenAI's fine-tuning data, as Markdown."""
