// The example of fastrti.h on every instruction set of this machine and in every precision, drawn by several threads:
// PICTURE.<isa>.<precision> instead of PICTURE. csrc/examples/relight.c is compiled with -Dmain=example -Dfastrti_open=open_on_isa.
#include <cstdio>
#include <string>
#include <utility>

#include "dispatch.h"
#include "fastrti.h"
#include "object.h"

struct fastrti_object {  // as in c_abi.cpp
  fastrti::Object object;
};

namespace {

constexpr int kThreads = 3;
const fastrti::Isa* isa;
fastrti::Precision precision;

}  // namespace

extern "C" int example(int count, char** arguments);

extern "C" int open_on_isa(const fastrti_description* description, int, int, fastrti_object** object) {
  *object = new fastrti_object{{*description, *isa, kThreads, precision}};
  return FASTRTI_OK;
}

int main(int count, char** arguments) {
  if (count != 6) return 1;
  const std::string picture = arguments[5];
  const std::pair<const char*, fastrti::Precision> precisions[] = {
      {"fp32", fastrti::Precision::kFp32}, {"int16", fastrti::Precision::kInt16}, {"int8", fastrti::Precision::kInt8}};
  for (const fastrti::Isa& each : fastrti::available_isas()) {
    for (const auto& [name, wanted] : precisions) {
      isa = &each;
      precision = wanted;
      std::string path = picture + "." + each.name + "." + name;
      arguments[5] = path.data();
      if (example(count, arguments) != 0) return 1;
    }
  }
  return 0;
}
