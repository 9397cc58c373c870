// SPDX-License-Identifier: Apache-2.0
#include "platforms/device_class.h"

namespace iommusim::platforms {

std::uint32_t read_class(const Value& value) {
  if (parse_unsigned(value.text())) return value.number_as<std::uint32_t>({0, 0xFF'FFFF});
  return value.choice<std::uint32_t>({{"sata", 0x01'0601},
                                      {"nvme", 0x01'0802},
                                      {"ethernet", 0x02'0000},
                                      {"infiniband", 0x02'0700},
                                      {"vga", 0x03'0000},
                                      {"3d-controller", 0x03'0200},
                                      {"audio", 0x04'0300},
                                      {"isa-bridge", 0x06'0100},
                                      {"usb", 0x0C'0330},
                                      {"accelerator", 0x12'0000},
                                      {"unassigned", unassigned_class}});
}

}  // namespace iommusim::platforms
