"""Sponsored campaigns: where they are kept, how they are paced, placed and charged."""
