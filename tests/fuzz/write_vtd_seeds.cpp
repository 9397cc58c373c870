// SPDX-License-Identifier: Apache-2.0
// write_vtd_seeds FOLDER: the seed corpus of fuzz_vtd, one file per seed.
#include "fuzz/vtd_seeds.h"

#include <filesystem>
#include <fstream>
#include <iostream>

int main(int argc, char** argv) {
  constexpr std::uint64_t seeds = 256;
  if (argc != 2) {
    std::cerr << "usage: write_vtd_seeds FOLDER\n";
    return 2;
  }
  const std::filesystem::path folder{argv[1]};
  std::filesystem::create_directories(folder);
  for (std::uint64_t number = 0; number < seeds; ++number) {
    const auto bytes = iommusim::fuzz::vtd_seed(number);
    std::ofstream file{folder / ("seed-" + std::to_string(number)), std::ios::binary};
    file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    if (!file.flush()) return 1;
  }
  return 0;
}
