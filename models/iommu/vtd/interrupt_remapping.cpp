// SPDX-License-Identifier: Apache-2.0
#include "iommu/vtd/interrupt_remapping.h"

#include "iommu/vtd/answers.h"
#include "iommu/vtd/rules.h"
#include "iommu/vtd/table_reader.h"

namespace iommusim::vtd {
namespace {

using iommu::FetchLog;
using iommu::TranslationRequest;
using iommu::TranslationResult;

constexpr std::uint64_t entry_size = InterruptRemappingEntry::bytes;

/// One request in remappable format, in the order of 5.1.4.
class Remapping {
 public:
  Remapping(const InterruptInputs& unit, const TranslationRequest& request, FetchLog& fetches,
            InterruptEffects& effects)
      : unit_{unit}, request_{request}, tables_{unit.bus, fetches}, effects_{effects} {}

  TranslationResult run() {
    const RemappableAddress address{request_.address.value()};
    const RemappableData data{request_.message_data};
    effects_.index = interrupt_index(address, data);
    if (address.get<RemappableAddress::SHV>() && data.get<RemappableData::Reserved>() != 0)
      return refuse(request_, FaultReason::interrupt_request_reserved, false);
    if (effects_.index >= unit_.state.entries)
      return refuse(request_, FaultReason::interrupt_index_beyond_table, false);
    return with_entry();
  }

 private:
  TranslationResult with_entry();
  TranslationResult use(const InterruptRemappingEntry& entry, bool cached);
  TranslationResult remapped(const InterruptRemappingEntry& entry, bool cached) const;
  TranslationResult posted(const InterruptRemappingEntry& entry);
  static TranslationResult message(const interrupts::MsiMessage& message, iommu::Outcome outcome, const Rule& rule);

  const InterruptInputs& unit_;
  const TranslationRequest& request_;
  TableReader tables_;
  InterruptEffects& effects_;
};

TranslationResult Remapping::with_entry() {
  effects_.slot = unit_.entries.find(InterruptEntryTag{effects_.index});
  if (effects_.slot != InterruptEntryCache::none) return use(unit_.entries.value(effects_.slot), true);

  const PhysAddr place = unit_.state.table + effects_.index * entry_size;
  if ((place.value() & ~unit_.host_bits) != 0)
    return refuse(request_, FaultReason::interrupt_index_beyond_table, false);
  if (!tables_.read("interrupt remapping table entry", place, effects_.entry))
    return refuse(request_, FaultReason::interrupt_entry_access_error, false);
  if (!effects_.entry.get<InterruptRemappingEntry::P>())
    return refuse(request_, FaultReason::interrupt_entry_not_present,
                  effects_.entry.get<InterruptRemappingEntry::FPD>());
  TranslationResult result = use(effects_.entry, false);
  // A fault of any kind keeps the entry out of the cache (6.4).
  effects_.fills_entry = result.outcome != iommu::Outcome::fault;
  return result;
}

/// Of a present entry, first who may use it, then what it says.
TranslationResult Remapping::use(const InterruptRemappingEntry& entry, bool cached) {
  const bool fpd = entry.get<InterruptRemappingEntry::FPD>();
  if (!validates(entry, request_.requester)) return refuse(request_, FaultReason::interrupt_source_invalid, fpd);
  if (!has_valid_programming(entry, {unit_.state.extended, unit_.posting, unit_.host_bits}))
    return refuse(request_, FaultReason::interrupt_entry_reserved, fpd);
  TranslationResult result = entry.get<InterruptRemappingEntry::IM>() ? posted(entry) : remapped(entry, cached);
  result.translation_cached = cached;
  return result;
}

TranslationResult Remapping::remapped(const InterruptRemappingEntry& entry, bool cached) const {
  return message(remapped_message(entry, unit_.state.extended), iommu::Outcome::interrupt,
                 cached ? rules::interrupt_entry_hit : rules::interrupt_remapped);
}

TranslationResult Remapping::posted(const InterruptRemappingEntry& entry) {
  using Descriptor = PostedInterruptDescriptor;
  const bool fpd = effects_.fpd = entry.get<InterruptRemappingEntry::FPD>();
  effects_.descriptor = entry.posted_descriptor();
  Descriptor descriptor;
  if (!tables_.read("posted interrupt descriptor", effects_.descriptor, descriptor))
    return refuse(request_, FaultReason::posted_descriptor_access_error, fpd);
  if (descriptor.has_reserved_bits(unit_.state.extended))
    return refuse(request_, FaultReason::posted_descriptor_reserved, fpd);
  const auto vector = entry.get<InterruptRemappingEntry::V>();
  effects_.posting = post(descriptor, vector, entry.get<InterruptRemappingEntry::URG>());
  const std::uint32_t destination =
      unit_.state.extended ? descriptor.get<Descriptor::NDST>() : descriptor.get<Descriptor::NDST8>();
  effects_.notification = fixed_message(descriptor.get<Descriptor::NV>(), destination);
  return message(fixed_message(vector, destination), iommu::Outcome::posted, rules::interrupt_posted);
}

TranslationResult Remapping::message(const interrupts::MsiMessage& message, iommu::Outcome outcome, const Rule& rule) {
  TranslationResult result;
  result.outcome = outcome;
  result.address = PhysAddr{message.address.value()};
  result.message_data = message.data;
  result.rule = &rule;
  return result;
}

/// With extended interrupt mode compatibility format is blocked whatever CFIS says.
TranslationResult decide_compatibility_format(const InterruptInputs& unit, const TranslationRequest& request) {
  if (unit.state.extended || !unit.state.compatibility_format)
    return refuse(request, FaultReason::compatibility_format_blocked, false);
  TranslationResult result = pass_as_interrupt(request);
  result.rule = &rules::interrupt_compatibility_format;
  return result;
}

}  // namespace

TranslationResult decide_interrupt(const InterruptInputs& unit, const TranslationRequest& request, FetchLog& fetches,
                                   InterruptEffects& effects) {
  fetches.clear();
  if (!unit.state.enabled) return pass_as_interrupt(request);
  if (!RemappableAddress{request.address.value()}.get<RemappableAddress::Format>())
    return decide_compatibility_format(unit, request);
  return Remapping{unit, request, fetches, effects}.run();
}

FaultRecord interrupt_fault_record(const TranslationRequest& request, std::uint32_t index, std::uint16_t reason) {
  // FI's bits 63:48.
  constexpr unsigned index_shift = 48 - FaultRecord::FI::lo;
  FaultRecord record;
  record.set<FaultRecord::FI>(std::uint64_t{index & 0xFFFF} << index_shift);
  record.set<FaultRecord::SID>(request.requester.raw());
  record.set<FaultRecord::FR>(reason);
  record.set<FaultRecord::F>(true);
  return record;
}

}  // namespace iommusim::vtd
