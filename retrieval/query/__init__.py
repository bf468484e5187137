"""Work on the words of a query before they are searched for."""
