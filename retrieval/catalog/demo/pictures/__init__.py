"""Product pictures: one parametric drawing a category, coloured by the product."""
