// A CUDA driver that does nothing and remembers launches, for `host_time.py`: Triton's own launcher calls it.

#include <stdint.h>
#include <string.h>

typedef int Result;  // CUresult; 0 is success
typedef void* Handle;

enum { LAUNCHES = 16, PARAMETERS = 32 };

int parameters[2];  // how many 8-byte words of arguments are remembered, for each handle of a function, in turn
int launches;
unsigned grids[LAUNCHES][3];
uint64_t arguments[LAUNCHES][PARAMETERS];

struct Config {  // the head of CUlaunchConfig
    unsigned grid[3], block[3], shared;
};

Result cuLaunchKernelEx(const struct Config* config, Handle function, void** values, void** extra) {
    int at = launches++ % LAUNCHES, count = parameters[(uintptr_t)function & 1];
    memcpy(grids[at], config->grid, sizeof grids[at]);
    for (int i = 0; i < count && i < PARAMETERS; ++i) memcpy(&arguments[at][i], values[i], 8);
    return 0;
}

// Older versions of Triton call this one.
Result cuLaunchKernel(Handle function, unsigned x, unsigned y, unsigned z, unsigned block_x, unsigned block_y,
                      unsigned block_z, unsigned shared, Handle stream, void** values, void** extra) {
    const struct Config config = {{x, y, z}, {block_x, block_y, block_z}, shared};
    return cuLaunchKernelEx(&config, function, values, extra);
}

Result cuInit(unsigned flags) { return 0; }
Result cuDeviceGet(int* device, int number) { return *device = 0; }
Result cuDeviceGetCount(int* count) { return *count = 1, 0; }
Result cuDeviceGetAttribute(int* value, int attribute, int device) { return *value = 227 * 1024, 0; }
Result cuDevicePrimaryCtxRetain(Handle* context, int device) { return *context = &launches, 0; }
Result cuCtxGetCurrent(Handle* context) { return *context = &launches, 0; }
Result cuCtxSetCurrent(Handle context) { return 0; }
Result cuModuleLoadData(Handle* module, const void* image) { return *module = &launches, 0; }
Result cuModuleUnload(Handle module) { return 0; }
Result cuModuleGetFunction(Handle* function, Handle module, const char* name) {
    return *function = (Handle)(uintptr_t)(2 + (strcmp(name, "relight_tiles") == 0)), 0;
}
Result cuFuncGetAttribute(int* value, int attribute, Handle function) { return *value = 1024, 0; }
Result cuFuncSetAttribute(Handle function, int attribute, int value) { return 0; }
Result cuFuncSetCacheConfig(Handle function, int config) { return 0; }
Result cuPointerGetAttribute(void* value, int attribute, uint64_t pointer) {
    return memcpy(value, &pointer, sizeof pointer), 0;
}
Result cuDriverGetVersion(int* version) { return *version = 13000, 0; }
Result cuCtxGetDevice(int* device) { return *device = 0; }
Result cuCtxGetLimit(uint64_t* value, int limit) { return *value = 0, 0; }
Result cuCtxSetLimit(int limit, uint64_t value) { return 0; }
Result cuStreamIsCapturing(Handle stream, int* status) { return *status = 0; }
Result cuGetErrorString(Result error, const char** text) { return *text = "the stub", 0; }
