// SPDX-License-Identifier: Apache-2.0
#include "traces/case_machine_smmuv3.h"

#include "base/endian.h"
#include "base/quantity.h"
#include "iommu/smmuv3/event_layout.h"
#include "iommu/smmuv3/queue_index.h"
#include "iommu/smmuv3/registers.h"

#include <array>

namespace iommusim::traces {
namespace {

using nlohmann::json;
using platforms::JsonValue;
using smmuv3::EventCode;
using smmuv3::EventRecord;

// SMMUv3 architecture, 6.3: EVENTQ_BASE on page 0, the indices on page 1.
constexpr std::uint64_t eventq_base = 0xA0;
constexpr std::uint64_t eventq_prod = 0x1'00A8;
constexpr std::uint64_t eventq_cons = 0x1'00AC;

std::vector<memory::Bank> banks() {
  return {{ComponentId::none, {PhysAddr{page_1g}, PhysAddr{5 * page_1g - 1}}}};
}

/// The units of the cases, which follow QEMU: stage 1, one width for input and output addresses.
smmuv3::UnitConfig config_of(const JsonValue& iommu) {
  smmuv3::UnitConfig config;
  if (const JsonValue stage = iommu.at("stage"); stage.number() != 1) stage.fail_kind("1");
  const JsonValue output = iommu.at("oas");
  config.output_address_bits = static_cast<unsigned>(output.number(52));
  if (!smmuv3::find_impossible(config).empty()) output.fail_kind("32, 36, 40, 42, 44, 48 or 52");
  if (const JsonValue input = iommu.at("ias"); input.number() != output.number())
    input.fail_kind("the same as \"oas\"");
  return config;
}

/// Records of these carry the access.
bool is_of_walk(EventCode code) {
  return code == EventCode::f_translation || code == EventCode::f_addr_size || code == EventCode::f_access ||
         code == EventCode::f_permission;
}

}  // namespace

Smmuv3CaseMachine::Smmuv3CaseMachine(const JsonValue& test)
    : CaseMachine{banks()}, unit_{config_of(test.at("iommu")), memory()} {
  load(test);
}

void Smmuv3CaseMachine::observe(const iommu::TranslationRequest& request, const iommu::TranslationResult& result,
                                const iommu::FetchLog& fetches) {
  allow_deviation(pages_.deviation(request, result));
  pages_.note(request, result, fetches);
}

void Smmuv3CaseMachine::add_fault_state(json& answer) {
  answer["event"] = first_event();
}

/// Where EVENTQ_CONS points; null: the queue is empty.
json Smmuv3CaseMachine::first_event() const {
  const std::uint64_t consumer = unit_.read_register(eventq_cons, 4);
  const smmuv3::UnitConfig& config = unit_.config();
  const smmuv3::QueueGeometry queue{smmuv3::QueueBase{unit_.read_register(eventq_base, 8)}, config.event_queue_bits,
                                    EventRecord::bytes, config.output_address_bits};
  if (queue.is_empty(unit_.read_register(eventq_prod, 4), consumer)) return nullptr;
  std::array<std::uint8_t, EventRecord::bytes> bytes{};
  if (!memory().read(queue.address(consumer), bytes.data(), bytes.size())) return nullptr;
  EventRecord record;
  for (std::size_t word = 0; word < EventRecord::words; ++word)
    record.set_word(word, load_le<std::uint64_t>(bytes.data() + 8 * word));
  const auto code = record.get<EventRecord::Type>();
  json event{{"type", static_cast<unsigned>(code)}, {"sid", format_hex(record.get<EventRecord::StreamID>(), 4)}};
  if (!is_of_walk(code)) return event;
  event["rnw"] = record.get<EventRecord::RnW>() ? 1 : 0;
  event["s2"] = record.get<EventRecord::S2>() ? 1 : 0;
  event["input_addr"] = format_hex(record.word(2));
  return event;
}

void Smmuv3CaseMachine::clear_fault_state() {
  unit_.write_register(eventq_cons, 4, unit_.read_register(eventq_prod, 4));
}

/// To an SMMU an interrupt message is a write like any other.
json Smmuv3CaseMachine::msi(const JsonValue& step) {
  step.at("op").fail_kind(R"("write" in place of "msi", with kind smmuv3)");
}

}  // namespace iommusim::traces
