// SPDX-License-Identifier: Apache-2.0
// Access Control Services (PCIe base specification, 6.12 and 7.7.11).
#include "platforms/readers.h"

namespace iommusim::platforms {
namespace {

/// Bits 6:0 are the same services in both registers.
constexpr std::uint64_t source_validation = 1U << 0;
constexpr std::uint64_t translation_blocking = 1U << 1;
constexpr std::uint64_t request_redirect = 1U << 2;
constexpr std::uint64_t completion_redirect = 1U << 3;
constexpr std::uint64_t upstream_forwarding = 1U << 4;
constexpr std::uint64_t egress_control = 1U << 5;
constexpr std::uint64_t direct_translated = 1U << 6;
constexpr std::uint64_t enhanced = 1U << 7;

/// Services that make sense between the functions of one device, and at a port.
constexpr std::uint64_t function_services = request_redirect | completion_redirect | egress_control | direct_translated;
constexpr std::uint64_t port_services =
    function_services | source_validation | translation_blocking | upstream_forwarding | enhanced;
/// What Linux turns on where it exists (pci_std_enable_acs).
constexpr std::uint64_t linux_services =
    source_validation | request_redirect | completion_redirect | upstream_forwarding;

/// The specification's names and those that lspci prints.
std::vector<Choice<std::uint64_t>> service_words() {
  return {{"source-validation", source_validation},         {"SrcValid", source_validation},
          {"translation-blocking", translation_blocking},   {"TransBlk", translation_blocking},
          {"p2p-request-redirect", request_redirect},       {"ReqRedir", request_redirect},
          {"p2p-completion-redirect", completion_redirect}, {"CmpltRedir", completion_redirect},
          {"upstream-forwarding", upstream_forwarding},     {"UpstreamFwd", upstream_forwarding},
          {"p2p-egress-control", egress_control},           {"EgressCtrl", egress_control},
          {"direct-translated-p2p", direct_translated},     {"DirectTrans", direct_translated}};
}

std::uint64_t read_capable(const Map& map, std::uint64_t possible, FunctionKind kind) {
  std::vector<Choice<std::uint64_t>> words = service_words();
  words.push_back({"enhanced", enhanced});
  std::uint64_t services = 0;
  for (const Value& item : map.required("capable", "a list of ACS services").items()) {
    const std::uint64_t service = item.choice(words);
    if ((service & possible) == 0)
      item.reject("a service that " + std::string{to_string(kind)} + " functions can have");
    services |= service;
  }
  return services;
}

std::uint64_t read_enabled(const Map& map, std::uint64_t capable) {
  std::vector<Choice<std::uint64_t>> words = service_words();
  const bool is_enhanced = (capable & enhanced) != 0;
  if (is_enhanced) {
    words.push_back({"io-request-blocking", 1U << 7});
    words.push_back({"unclaimed-request-redirect", 1U << 12});
  }
  const std::uint64_t possible = (capable & 0x7F) | (is_enhanced ? 0x1080U : 0U);
  std::uint64_t services = 0;
  for (const Value& item : map.items("enabled")) {
    const std::uint64_t service = item.choice(words);
    if ((service & possible) == 0) item.reject("a service that is listed under capable");
    services |= service;
  }
  return services;
}

pcie::MemoryTargetAccess read_memory_target(const Map& map, std::string_view key, bool is_enhanced) {
  using pcie::MemoryTargetAccess;
  const auto value = map.optional(key);
  if (!value) return MemoryTargetAccess::direct;
  if (!is_enhanced) value->reject("nothing unless 'enhanced' is listed under capable");
  return value->choice<MemoryTargetAccess>({{"direct", MemoryTargetAccess::direct},
                                            {"block", MemoryTargetAccess::request_blocking},
                                            {"redirect", MemoryTargetAccess::request_redirect}});
}

EgressTarget read_egress_target(const Value& item) {
  const std::string text = item.text();
  const bool is_number = !text.empty() && text[0] >= '0' && text[0] <= '9';
  if (is_number) return {"", static_cast<unsigned>(item.number({0, 255}))};
  return {item.name(), 0};
}

AcsDescription read_services(const Map& map, FunctionKind kind) {
  const std::uint64_t possible = is_port(kind) ? port_services : function_services;
  const std::uint64_t capable = read_capable(map, possible, kind);
  const bool is_enhanced = (capable & enhanced) != 0;
  AcsDescription acs{pcie::AcsCapability{capable}, pcie::AcsControl{read_enabled(map, capable)}, {}, {}};
  acs.control.set<pcie::AcsControl::DownstreamMemoryTarget>(
      read_memory_target(map, "downstream_memory_target", is_enhanced));
  acs.control.set<pcie::AcsControl::UpstreamMemoryTarget>(
      read_memory_target(map, "upstream_memory_target", is_enhanced));
  for (const Value& item : map.items("egress_blocked")) {
    if ((capable & egress_control) == 0) item.reject("nothing unless 'p2p-egress-control' is listed under capable");
    acs.egress_targets.push_back(read_egress_target(item));
  }
  if ((capable & egress_control) != 0)
    acs.capability.set<pcie::AcsCapability::EgressControlVectorSize>(map.number("egress_vector_bits", 32, {1, 255}));
  return acs;
}

/// All services but the optional ones; nothing enabled ("capable"), or as Linux leaves them ("linux").
AcsDescription read_preset(const Value& value, FunctionKind kind) {
  const bool enable = value.choice<bool>({{"none", false}, {"capable", false}, {"linux", true}});
  const std::uint64_t capable = (is_port(kind) ? port_services : function_services) & ~(egress_control | enhanced);
  return {pcie::AcsCapability{capable}, pcie::AcsControl{enable ? capable & linux_services : 0}, {}, {}};
}

}  // namespace

AcsDescription read_acs(const Value& value, FunctionKind kind) {
  if (kind == FunctionKind::upstream_port)
    value.fail("ACS on an upstream-port", "it on root ports, downstream ports and endpoints only");
  if (!value.is_map()) return read_preset(value, kind);
  return read_services(Map{value,
                           {"capable", "enabled", "egress_vector_bits", "egress_blocked", "downstream_memory_target",
                            "upstream_memory_target"}},
                       kind);
}

}  // namespace iommusim::platforms
