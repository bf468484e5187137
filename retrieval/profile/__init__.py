"""What shoppers did, who they are by it, and what they asked to be left alone with."""
