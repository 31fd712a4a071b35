"""Other frameworks' and tools' words, and what stands for them here."""
