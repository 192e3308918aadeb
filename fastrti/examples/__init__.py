"""Small complete programs that put relit pictures into other libraries; each is run with `python -m`."""
