// An object as its caller describes it: checked once, before anything is read from it.
#pragma once

#include <cstddef>

#include "fastrti.h"

namespace fastrti {

// FASTRTI_OK, or what is wrong with the description.
int check(const fastrti_numbers& numbers);

// How many numbers W1, b1, ..., Wn, bn, [S] are, of sizes that passed the check.
std::size_t frame_size(const fastrti_numbers& numbers);

}  // namespace fastrti
