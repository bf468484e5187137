"""From what shoppers did to what they are shown next."""
