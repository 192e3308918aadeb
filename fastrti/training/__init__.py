"""Making relightable objects: students trained from teachers (PyTorch), and classical fits (numpy alone)."""
