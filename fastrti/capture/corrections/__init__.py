"""What is done to photographs and lights before a fit, step by step."""
