// SPDX-License-Identifier: Apache-2.0
// The entry that libFuzzer calls.
#include "fuzz/smmuv3_program.h"

#include <cstdio>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string finding = iommusim::fuzz::run_smmuv3_program(data, size);
  if (!finding.empty()) {
    std::fprintf(stderr, "%s\n", finding.c_str());
    std::abort();
  }
  return 0;
}
