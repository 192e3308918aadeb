"""The kernels that draw a frame network at every pixel; docs/how_the_kernels_work.md tells the way from naive to fast.

Importing this package loads neither torch nor a kernel. A kernel knows planes and a light network, the one form that
every kind of decoder has; file formats end above it.
"""
