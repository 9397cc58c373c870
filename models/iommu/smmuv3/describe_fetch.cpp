// SPDX-License-Identifier: Apache-2.0
#include "iommu/smmuv3/describe_fetch.h"

#include "iommu/smmuv3/context_descriptor.h"
#include "iommu/smmuv3/stream_table_entry.h"
#include "iommu/smmuv3/table_descriptor.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace iommusim::smmuv3 {
namespace {

using Cd = ContextDescriptor;
using Ste = StreamTableEntry;

std::string describe_stream_pointer(const iommu::Fetch& fetch) {
  const L1StreamTableDescriptor descriptor{fetch.value[0]};
  const unsigned span = descriptor.get<L1StreamTableDescriptor::Span>();
  if (span == 0 || span > 11) return fmt::format("invalid, span {}", span);
  return fmt::format("{} entries at {:#x}", 1U << (span - 1), fetch.value[0] & L1StreamTableDescriptor::l2_pointer);
}

std::string_view ats_text(unsigned eats) {
  constexpr std::array<std::string_view, 4> texts{"", ", ATS allowed", ", split-stage ATS", ", EATS reserved"};
  return texts[eats & 3];
}

std::string contexts_text(const Ste& entry) {
  std::string text = fmt::format("contexts at {:#x}", entry.word(0) & Ste::s1_context_pointer);
  if (entry.get<Ste::S1CDMax>() == 0) return text;
  constexpr std::array<std::string_view, 4> defaults{"refused", "bypass stage 1", "use context 0", "refused"};
  return text + fmt::format(" for 2^{} substreams, requests without {}", entry.get<Ste::S1CDMax>(),
                            defaults[entry.get<Ste::S1DSS>() & 3]);
}

std::string stage_2_text(const Ste& entry) {
  return fmt::format("stage 2 tables at {:#x}, {} bits, VMID {}", entry.word(3) & Ste::s2_table,
                     64 - entry.get<Ste::S2T0SZ>(), entry.get<Ste::S2VMID>());
}

std::string describe_stream(const iommu::Fetch& fetch) {
  const Ste entry{fetch.value};
  if (!entry.get<Ste::V>()) return "not valid";
  if (aborts_all(entry)) return "valid, abort";
  const std::string_view ats = ats_text(entry.get<Ste::EATS>());
  if (!has_stage_1(entry) && !has_stage_2(entry)) return "valid, bypass";
  if (!has_stage_2(entry)) return fmt::format("valid, stage 1, {}{}", contexts_text(entry), ats);
  if (!has_stage_1(entry)) return fmt::format("valid, {}{}", stage_2_text(entry), ats);
  return fmt::format("valid, stage 1, {}, in {}{}", contexts_text(entry), stage_2_text(entry), ats);
}

std::string describe_context_pointer(const iommu::Fetch& fetch) {
  const L1ContextDescriptor descriptor{fetch.value[0]};
  if (!descriptor.get<L1ContextDescriptor::V>()) return "not valid";
  return fmt::format("valid, contexts at {:#x}", fetch.value[0] & L1ContextDescriptor::l2_pointer);
}

std::string half_text(std::string_view name, bool disabled, std::uint64_t table, unsigned txsz) {
  if (disabled) return fmt::format(", {} disabled", name);
  return fmt::format(", {} tables at {:#x}, {} bits", name, table, 64 - txsz);
}

std::string_view response_text(const Cd& descriptor) {
  if (descriptor.get<Cd::S>()) return ", faults stall";
  if (!descriptor.get<Cd::R>()) return ", faults not recorded";
  return descriptor.get<Cd::A>() ? "" : ", faults ignored";
}

std::string describe_context(const iommu::Fetch& fetch) {
  const Cd descriptor{fetch.value};
  if (!descriptor.get<Cd::V>()) return "not valid";
  return fmt::format(
      "valid, ASID {}{}{}{}", descriptor.get<Cd::ASID>(),
      half_text("TTB0", descriptor.get<Cd::EPD0>(), descriptor.word(1) & Cd::table, descriptor.get<Cd::T0SZ>()),
      half_text("TTB1", descriptor.get<Cd::EPD1>(), descriptor.word(2) & Cd::table, descriptor.get<Cd::T1SZ>()),
      response_text(descriptor));
}

/// "table at …", or "block at …" and "page at …", of which the granule says how large they are.
std::string target_text(std::uint64_t descriptor, bool is_last) {
  const bool is_table = !is_last && (descriptor & 2) != 0;
  const std::string_view what = is_table ? "table" : is_last ? "page" : "block";
  return fmt::format("{} at {:#x}", what, descriptor & 0x0000'FFFF'FFFF'F000);
}

bool is_table(std::uint64_t descriptor, bool is_last) {
  return !is_last && (descriptor & 2) != 0;
}

bool is_invalid(std::uint64_t descriptor, bool is_last) {
  return (descriptor & 1) == 0 || (is_last && (descriptor & 2) == 0);
}

std::string describe_stage_1(std::uint64_t value, bool is_last) {
  using Leaf = Stage1Descriptor;
  if (is_invalid(value, is_last)) return "invalid";
  std::string text = target_text(value, is_last);
  const Leaf leaf{value};
  if (is_table(value, is_last)) {
    if ((leaf.get<Leaf::APTable>() & 2) != 0) text += ", read only below";
    if ((leaf.get<Leaf::APTable>() & 1) != 0) text += ", privileged below";
    return text;
  }
  text += leaf.get<Leaf::AP2>() ? (leaf.get<Leaf::DBM>() ? ", clean" : ", read only") : ", read write";
  if (!leaf.get<Leaf::AP1>()) text += ", privileged";
  if (!leaf.get<Leaf::nG>()) text += ", global";
  if (!leaf.get<Leaf::AF>()) text += ", access flag clear";
  return text;
}

std::string describe_stage_2(std::uint64_t value, bool is_last) {
  using Leaf = Stage2Descriptor;
  if (is_invalid(value, is_last)) return "invalid";
  std::string text = target_text(value, is_last);
  if (is_table(value, is_last)) return text;
  const Leaf leaf{value};
  constexpr std::array<std::string_view, 4> rights{", no access", ", read only", ", write only", ", read write"};
  text += rights[(leaf.get<Leaf::R>() ? 1U : 0U) + (leaf.get<Leaf::W>() ? 2U : 0U)];
  if (!leaf.get<Leaf::AF>()) text += ", access flag clear";
  return text;
}

}  // namespace

std::string describe(const iommu::Fetch& fetch) {
  if (fetch.failed) return "access error";
  const std::string_view what = fetch.what;
  if (what == "L1STD") return describe_stream_pointer(fetch);
  if (what == "STE") return describe_stream(fetch);
  if (what == "L1CD") return describe_context_pointer(fetch);
  if (what == "CD") return describe_context(fetch);
  const bool is_last = what.find("level 3") != std::string_view::npos;
  if (what.substr(0, 7) == "stage 1") return describe_stage_1(fetch.value[0], is_last);
  if (what.substr(0, 7) == "stage 2") return describe_stage_2(fetch.value[0], is_last);
  return {};
}

}  // namespace iommusim::smmuv3
