# SPDX-License-Identifier: Apache-2.0
# Everything comes from Debian 12 packages; scripts/dependencies.sh lists and installs them.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(zstd REQUIRED)

# Debian's libsystemc-dev ships neither a CMake package nor a pkg-config file.
find_path(SYSTEMC_INCLUDE_DIR systemc REQUIRED)
find_library(SYSTEMC_LIBRARY systemc REQUIRED)
add_library(SystemC::systemc UNKNOWN IMPORTED)
set_target_properties(SystemC::systemc PROPERTIES
  IMPORTED_LOCATION ${SYSTEMC_LIBRARY}
  INTERFACE_LINK_LIBRARIES Threads::Threads)

if(IOMMUSIM_TESTS)
  find_package(Catch2 REQUIRED)
  find_package(benchmark REQUIRED)
endif()
