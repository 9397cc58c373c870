// SPDX-License-Identifier: Apache-2.0
// write_smmuv3_seeds FOLDER: the seed corpus of fuzz_smmuv3, one file per seed.
#include "fuzz/smmuv3_seeds.h"

#include <filesystem>
#include <fstream>
#include <iostream>

int main(int argc, char** argv) {
  constexpr std::uint64_t seeds = 256;
  if (argc != 2) {
    std::cerr << "usage: write_smmuv3_seeds FOLDER\n";
    return 2;
  }
  const std::filesystem::path folder{argv[1]};
  std::filesystem::create_directories(folder);
  for (std::uint64_t number = 0; number < seeds; ++number) {
    const auto bytes = iommusim::fuzz::smmuv3_seed(number);
    std::ofstream file{folder / ("seed-" + std::to_string(number)), std::ios::binary};
    file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    if (!file.flush()) return 1;
  }
  return 0;
}
