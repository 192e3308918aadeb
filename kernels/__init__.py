"""The kernels that draw a frame network at every pixel. Importing this package loads neither torch nor a kernel.

From naive to fast, each step with what it removes:

1. PyTorch as a user writes it: dequantise, append the light to every pixel, three matrix products over the whole
   picture. Every intermediate activation travels to memory and back.
2. Folded: dequantisation and light are constants of a frame, so they go into the first layer (`FrameNetwork.folded`);
   the pixels' own bytes are the inputs.
3. Chunked: the activations of some thousand pixels stay in cache, but each operation is still a pass of its own.
4. Fused (`relight_cpu`, `relight_triton`): a tile of pixels goes from bytes to bytes in one pass. On the CPU a tile is
   16 to 64 pixels, one a SIMD lane; six rows of a weight matrix are multiplied at a time, their sums in registers.
5. The right multipliers: the widest vectors the machine has, chosen at run time (`relight_cpu`), or tensor cores
   (`relight_triton`).

A kernel knows planes and a frame network; lights, decoders and file formats end above it.
"""
