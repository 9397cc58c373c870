// SPDX-License-Identifier: Apache-2.0
// Bad input from a person or a file: one clear message with its position. Never used for what simulated hardware
// or a simulated device does wrong; those fault as the architecture says.
#pragma once

#include <stdexcept>
#include <string>

namespace iommusim {

/// A place in a text file. Lines and columns count from 1; 0 means unknown.
struct SourcePosition {
  std::string file;
  int line = 0;
  int column = 0;
};

/// "file:line:column", without the parts that are unknown.
std::string to_string(const SourcePosition& position);

/// what() is "file:line:column: message". The command line turns it into exit code 2.
class InputError : public std::runtime_error {
 public:
  InputError(const SourcePosition& position, const std::string& message);
};

}  // namespace iommusim
