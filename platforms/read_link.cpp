// SPDX-License-Identifier: Apache-2.0
#include "platforms/readers.h"

namespace iommusim::platforms {

LinkDescription read_link(const Value& value) {
  const Map map{value, {"speed", "width", "propagation", "overhead"}};
  LinkDescription link;
  if (const auto speed = map.optional("speed"))
    link.generation = speed->choice<unsigned>(
        {{"2.5GT/s", 1}, {"5GT/s", 2}, {"8GT/s", 3}, {"16GT/s", 4}, {"32GT/s", 5}, {"64GT/s", 6}});
  if (const auto width = map.optional("width"))
    link.width = width->choice<unsigned>({{"x1", 1}, {"x2", 2}, {"x4", 4}, {"x8", 8}, {"x12", 12}, {"x16", 16}});
  link.propagation = map.duration("propagation", link.propagation);
  if (const auto overhead = map.optional("overhead")) link.overhead = overhead->decimal(0.0, 0.5);
  return link;
}

}  // namespace iommusim::platforms
