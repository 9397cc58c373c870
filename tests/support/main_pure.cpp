// SPDX-License-Identifier: Apache-2.0
// Runner of the tests that need no SystemC.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
