// An object as its caller describes it: checked once, before anything is read from it.
#pragma once

#include "fastrti.h"

namespace fastrti {

// FASTRTI_OK, or what is wrong with the description.
int check(const fastrti_description& description);

}  // namespace fastrti
