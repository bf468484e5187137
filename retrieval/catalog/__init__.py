"""From a merchant's feed to a clean store."""
