// SPDX-License-Identifier: Apache-2.0
#include "iommu/smmuv3/register_map.h"

#include "iommu/smmuv3/registers.h"

namespace iommusim::smmuv3 {
namespace {

constexpr std::uint64_t read_only = 0;
constexpr std::uint64_t no_update = 0;

constexpr std::uint64_t cr0_bits = Control0::VMW::mask | Control0::ATSCHK::mask | Control0::CMDQEN::mask |
                                   Control0::EVENTQEN::mask | Control0::PRIQEN::mask | Control0::SMMUEN::mask;
constexpr std::uint64_t cr1_bits = Control1::Table::mask | Control1::Queue::mask;
constexpr std::uint64_t cr2_bits =
    Control2::REC_CFG_ATS::mask | Control2::PTM::mask | Control2::RECINVSID::mask | Control2::E2H::mask;
constexpr std::uint64_t gbpa_bits = GlobalBypassAttribute::ABORT::mask | GlobalBypassAttribute::INSTCFG::mask |
                                    GlobalBypassAttribute::PRIVCFG::mask | GlobalBypassAttribute::SHCFG::mask |
                                    GlobalBypassAttribute::ALLOCCFG::mask | GlobalBypassAttribute::MTCFG::mask |
                                    GlobalBypassAttribute::MemAttr::mask;
constexpr std::uint64_t irq_ctrl_bits =
    InterruptControl::EVENTQ_IRQEN::mask | InterruptControl::PRIQ_IRQEN::mask | InterruptControl::GERROR_IRQEN::mask;
constexpr std::uint64_t gerror_bits =
    GlobalError::CMDQP_ERR::mask | GlobalError::SFM_ERR::mask | GlobalError::MSI_GERROR_ABT_ERR::mask |
    GlobalError::MSI_PRIQ_ABT_ERR::mask | GlobalError::MSI_EVENTQ_ABT_ERR::mask | GlobalError::MSI_CMDQ_ABT_ERR::mask |
    GlobalError::PRIQ_ABT_ERR::mask | GlobalError::EVENTQ_ABT_ERR::mask | GlobalError::CMDQ_ERR::mask;
constexpr std::uint64_t cfg0_bits = InterruptConfig0::ADDR::mask;
constexpr std::uint64_t cfg1_bits = InterruptConfig1::DATA::mask;
constexpr std::uint64_t cfg2_bits = InterruptConfig2::SH::mask | InterruptConfig2::MemAttr::mask;
constexpr std::uint64_t strtab_base_bits = StreamTableBaseAddress::RA::mask | StreamTableBaseAddress::ADDR::mask;
constexpr std::uint64_t strtab_cfg_bits =
    StreamTableConfig::FMT::mask | StreamTableConfig::SPLIT::mask | StreamTableConfig::LOG2SIZE::mask;
constexpr std::uint64_t queue_base_bits = QueueBase::Allocate::mask | QueueBase::ADDR::mask | QueueBase::LOG2SIZE::mask;
constexpr std::uint64_t index_bits = QueueIndexRegister::Index::mask;
constexpr std::uint64_t cmdq_cons_bits = index_bits | CommandQueueConsumer::ERR::mask;
constexpr std::uint64_t out_prod_bits = index_bits | OutputQueueProducer::OVFLG::mask;
constexpr std::uint64_t out_cons_bits = index_bits | OutputQueueConsumer::OVACKFLG::mask;

bool has(Needs needs, const UnitConfig& config) {
  switch (needs) {
    case Needs::nothing: return true;
    case Needs::messages: return config.msi;
    case Needs::page_requests: return config.pri;
    case Needs::messages_and_page_requests: return config.msi && config.pri;
  }
  return false;
}

/// Fields of registers that exist whatever the unit has.
std::uint64_t absent_fields(RegisterId id, const UnitConfig& config) {
  const auto unless = [](bool present, std::uint64_t mask) { return present ? 0 : mask; };
  switch (id) {
    case RegisterId::cr0:
      return unless(config.vmid_wildcard, Control0::VMW::mask) | unless(config.ats, Control0::ATSCHK::mask) |
             unless(config.pri, Control0::PRIQEN::mask);
    case RegisterId::cr2:
      return unless(config.ats_record_errors, Control2::REC_CFG_ATS::mask) |
             unless(config.hypervisor, Control2::E2H::mask);
    case RegisterId::irq_ctrl: return unless(config.pri, InterruptControl::PRIQ_IRQEN::mask);
    case RegisterId::gerrorn: return unless(config.ecmdq != 0, GlobalError::CMDQP_ERR::mask);
    case RegisterId::strtab_base_cfg:
      return unless(config.two_level_streams, StreamTableConfig::FMT::mask | StreamTableConfig::SPLIT::mask);
    default: return 0;
  }
}

}  // namespace

const std::array<RegisterSpec, register_ids> register_table{{
    {RegisterId::idr0, "IDR0", 0x000, 4, read_only, no_update, Guard::none, Needs::nothing, "6.3.1"},
    {RegisterId::idr1, "IDR1", 0x004, 4, read_only, no_update, Guard::none, Needs::nothing, "6.3.2"},
    {RegisterId::idr2, "IDR2", 0x008, 4, read_only, no_update, Guard::none, Needs::nothing, "6.3.3"},
    {RegisterId::idr3, "IDR3", 0x00C, 4, read_only, no_update, Guard::none, Needs::nothing, "6.3.4"},
    {RegisterId::idr4, "IDR4", 0x010, 4, read_only, no_update, Guard::none, Needs::nothing, "6.3.5"},
    {RegisterId::idr5, "IDR5", 0x014, 4, read_only, no_update, Guard::none, Needs::nothing, "6.3.6"},
    {RegisterId::iidr, "IIDR", 0x018, 4, read_only, no_update, Guard::none, Needs::nothing, "6.3.7"},
    {RegisterId::aidr, "AIDR", 0x01C, 4, read_only, no_update, Guard::none, Needs::nothing, "6.3.8"},
    {RegisterId::cr0, "CR0", 0x020, 4, cr0_bits, no_update, Guard::none, Needs::nothing, "6.3.9"},
    {RegisterId::cr0ack, "CR0ACK", 0x024, 4, read_only, no_update, Guard::none, Needs::nothing, "6.3.10"},
    {RegisterId::cr1, "CR1", 0x028, 4, cr1_bits, no_update, Guard::tables_and_queues, Needs::nothing, "6.3.11"},
    {RegisterId::cr2, "CR2", 0x02C, 4, cr2_bits, no_update, Guard::smmuen, Needs::nothing, "6.3.12"},
    {RegisterId::statusr, "STATUSR", 0x040, 4, read_only, no_update, Guard::none, Needs::nothing, "6.3.14"},
    {RegisterId::gbpa, "GBPA", 0x044, 4, gbpa_bits, GlobalBypassAttribute::Update::mask, Guard::none, Needs::nothing,
     "6.3.15"},
    {RegisterId::irq_ctrl, "IRQ_CTRL", 0x050, 4, irq_ctrl_bits, no_update, Guard::none, Needs::nothing, "6.3.17"},
    {RegisterId::irq_ctrlack, "IRQ_CTRLACK", 0x054, 4, read_only, no_update, Guard::none, Needs::nothing, "6.3.18"},
    {RegisterId::gerror, "GERROR", 0x060, 4, read_only, no_update, Guard::none, Needs::nothing, "6.3.19"},
    {RegisterId::gerrorn, "GERRORN", 0x064, 4, gerror_bits, no_update, Guard::none, Needs::nothing, "6.3.20"},
    {RegisterId::gerror_irq_cfg0, "GERROR_IRQ_CFG0", 0x068, 8, cfg0_bits, no_update, Guard::gerror_irqen,
     Needs::messages, "6.3.21"},
    {RegisterId::gerror_irq_cfg1, "GERROR_IRQ_CFG1", 0x070, 4, cfg1_bits, no_update, Guard::gerror_irqen,
     Needs::messages, "6.3.22"},
    {RegisterId::gerror_irq_cfg2, "GERROR_IRQ_CFG2", 0x074, 4, cfg2_bits, no_update, Guard::gerror_irqen,
     Needs::messages, "6.3.23"},
    {RegisterId::strtab_base, "STRTAB_BASE", 0x080, 8, strtab_base_bits, no_update, Guard::smmuen, Needs::nothing,
     "6.3.24"},
    {RegisterId::strtab_base_cfg, "STRTAB_BASE_CFG", 0x088, 4, strtab_cfg_bits, no_update, Guard::smmuen,
     Needs::nothing, "6.3.25"},
    {RegisterId::cmdq_base, "CMDQ_BASE", 0x090, 8, queue_base_bits, no_update, Guard::cmdqen, Needs::nothing, "6.3.26"},
    {RegisterId::cmdq_prod, "CMDQ_PROD", 0x098, 4, index_bits, no_update, Guard::none, Needs::nothing, "6.3.27"},
    {RegisterId::cmdq_cons, "CMDQ_CONS", 0x09C, 4, cmdq_cons_bits, no_update, Guard::cmdqen, Needs::nothing, "6.3.28"},
    {RegisterId::eventq_base, "EVENTQ_BASE", 0x0A0, 8, queue_base_bits, no_update, Guard::eventqen, Needs::nothing,
     "6.3.29"},
    {RegisterId::eventq_prod, "EVENTQ_PROD", 0x100A8, 4, out_prod_bits, no_update, Guard::eventqen, Needs::nothing,
     "6.3.30"},
    {RegisterId::eventq_cons, "EVENTQ_CONS", 0x100AC, 4, out_cons_bits, no_update, Guard::none, Needs::nothing,
     "6.3.31"},
    {RegisterId::eventq_irq_cfg0, "EVENTQ_IRQ_CFG0", 0x0B0, 8, cfg0_bits, no_update, Guard::eventq_irqen,
     Needs::messages, "6.3.32"},
    {RegisterId::eventq_irq_cfg1, "EVENTQ_IRQ_CFG1", 0x0B8, 4, cfg1_bits, no_update, Guard::eventq_irqen,
     Needs::messages, "6.3.33"},
    {RegisterId::eventq_irq_cfg2, "EVENTQ_IRQ_CFG2", 0x0BC, 4, cfg2_bits, no_update, Guard::eventq_irqen,
     Needs::messages, "6.3.34"},
    {RegisterId::priq_base, "PRIQ_BASE", 0x0C0, 8, queue_base_bits, no_update, Guard::priqen, Needs::page_requests,
     "6.3.35"},
    {RegisterId::priq_prod, "PRIQ_PROD", 0x100C8, 4, out_prod_bits, no_update, Guard::priqen, Needs::page_requests,
     "6.3.36"},
    {RegisterId::priq_cons, "PRIQ_CONS", 0x100CC, 4, out_cons_bits, no_update, Guard::none, Needs::page_requests,
     "6.3.37"},
    {RegisterId::priq_irq_cfg0, "PRIQ_IRQ_CFG0", 0x0D0, 8, cfg0_bits, no_update, Guard::priq_irqen,
     Needs::messages_and_page_requests, "6.3.38"},
    {RegisterId::priq_irq_cfg1, "PRIQ_IRQ_CFG1", 0x0D8, 4, cfg1_bits, no_update, Guard::priq_irqen,
     Needs::messages_and_page_requests, "6.3.39"},
    {RegisterId::priq_irq_cfg2, "PRIQ_IRQ_CFG2", 0x0DC, 4, cfg2_bits | InterruptConfig2::LO::mask, no_update,
     Guard::priq_irqen, Needs::page_requests, "6.3.40"},
    {RegisterId::idr6, "IDR6", 0x190, 4, read_only, no_update, Guard::none, Needs::nothing, "6.3.45"},
}};

std::vector<RegisterSpec> registers_of(const UnitConfig& config) {
  std::vector<RegisterSpec> registers{register_table.begin(), register_table.end()};
  for (RegisterSpec& spec : registers) {
    if (!has(spec.needs, config)) spec.read_write = 0;
    spec.read_write &= ~absent_fields(spec.id, config);
  }
  return registers;
}

}  // namespace iommusim::smmuv3
