"""The GPU kernel, in Triton. Importing this package loads neither torch nor Triton."""
