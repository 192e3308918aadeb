// An object as its caller describes it: checked once, before anything is read from it.
#pragma once

#include "fastrti.h"

namespace fastrti {

// FASTRTI_OK, or what is wrong with the description.
int check(const fastrti_description& description);

// How many networks a checked description has.
int expert_count(const fastrti_description& description);

// The description with the network of one of its experts.
fastrti_description expert_of(const fastrti_description& description, int expert);

}  // namespace fastrti
