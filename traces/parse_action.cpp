// SPDX-License-Identifier: Apache-2.0
#include "traces/parse_action.h"

#include "traces/parse_request.h"
#include "traces/parse_software.h"

#include <array>

namespace iommusim::traces {
namespace {

template <auto Parse>
void assign(Tokens& tokens, Action& action) {
  action = Parse(tokens);
}

struct Verb {
  std::string_view name;
  void (*parse)(Tokens& tokens, Action& action);
};

constexpr std::array<Verb, 10> device_verbs{{{"read", parse_read},
                                             {"write", parse_write},
                                             {"atomic", parse_atomic},
                                             {"msi", assign<parse_msi>},
                                             {"raw-write", assign<parse_raw_write>},
                                             {"map", assign<parse_map>},
                                             {"unmap", assign<parse_unmap>},
                                             {"invalidate", assign<parse_invalidate>},
                                             {"irte", assign<parse_irte>},
                                             {"set", assign<parse_set>}}};

Wait parse_wait(Tokens&) {
  return {};
}

constexpr std::array<Verb, 3> cpu_verbs{
    {{"read", assign<parse_cpu_read>}, {"write", assign<parse_cpu_write>}, {"wait", assign<parse_wait>}}};

template <class Verbs>
void parse_verb(const Verbs& verbs, std::string_view expected, Tokens& tokens, Action& action) {
  const Token name = tokens.take(expected);
  for (const Verb& verb : verbs)
    if (verb.name == name.text) return verb.parse(tokens, action);
  tokens.fail(name, expected);
}

}  // namespace

void parse_action(std::string_view device, Tokens& tokens, Action& action) {
  if (device == cpu_device) return parse_verb(cpu_verbs, "read, write or wait", tokens, action);
  parse_verb(device_verbs, "read, write, atomic, msi, raw-write, map, unmap, invalidate, irte or set", tokens, action);
}

}  // namespace iommusim::traces
