"""Pictures other than blocks in blocks: volumes, tensors, an overview with insets, neurons, models side by side."""
