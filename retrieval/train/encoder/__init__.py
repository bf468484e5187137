"""Fine-tuning of text encoders on what shoppers clicked and looked at together."""
