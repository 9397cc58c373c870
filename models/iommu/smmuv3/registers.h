// SPDX-License-Identifier: Apache-2.0
// The registers of an SMMUv3 as typed words (SMMUv3 architecture, 6.3). Names are the specification's.
#pragma once

#include "base/word.h"

#include <cstdint>

namespace iommusim::smmuv3 {

/// CR0 and CR0ACK (6.3.9, 6.3.10).
struct Control0 : Word<32> {
  using Word::Word;
  struct VMW : Field<8, 6, std::uint8_t> {};
  struct ATSCHK : Field<4, 4, bool> {};
  struct CMDQEN : Field<3, 3, bool> {};
  struct EVENTQEN : Field<2, 2, bool> {};
  struct PRIQEN : Field<1, 1, bool> {};
  struct SMMUEN : Field<0, 0, bool> {};
};
static_assert(fields_disjoint<Control0::VMW, Control0::ATSCHK, Control0::CMDQEN, Control0::EVENTQEN, Control0::PRIQEN,
                              Control0::SMMUEN>());

/// CR1 (6.3.11): attributes of table and queue accesses.
struct Control1 : Word<32> {
  using Word::Word;
  struct TABLE_SH : Field<11, 10> {};
  struct TABLE_OC : Field<9, 8> {};
  struct TABLE_IC : Field<7, 6> {};
  struct QUEUE_SH : Field<5, 4> {};
  struct QUEUE_OC : Field<3, 2> {};
  struct QUEUE_IC : Field<1, 0> {};
  /// All of the tables' and all of the queues' attributes: they are guarded together.
  struct Table : Field<11, 6> {};
  struct Queue : Field<5, 0> {};
};
static_assert(fields_disjoint<Control1::TABLE_SH, Control1::TABLE_OC, Control1::TABLE_IC, Control1::QUEUE_SH,
                              Control1::QUEUE_OC, Control1::QUEUE_IC>());

/// CR2 (6.3.12).
struct Control2 : Word<32> {
  using Word::Word;
  struct REC_CFG_ATS : Field<3, 3, bool> {};
  struct PTM : Field<2, 2, bool> {};
  struct RECINVSID : Field<1, 1, bool> {};
  struct E2H : Field<0, 0, bool> {};
};
static_assert(fields_disjoint<Control2::REC_CFG_ATS, Control2::PTM, Control2::RECINVSID, Control2::E2H>());

/// GBPA (6.3.15).
struct GlobalBypassAttribute : Word<32> {
  using Word::Word;
  struct Update : Field<31, 31, bool> {};
  struct ABORT : Field<20, 20, bool> {};
  struct INSTCFG : Field<19, 18, std::uint8_t> {};
  struct PRIVCFG : Field<17, 16, std::uint8_t> {};
  struct SHCFG : Field<13, 12, std::uint8_t> {};
  struct ALLOCCFG : Field<11, 8, std::uint8_t> {};
  struct MTCFG : Field<4, 4, bool> {};
  struct MemAttr : Field<3, 0, std::uint8_t> {};
};
static_assert(
    fields_disjoint<GlobalBypassAttribute::Update, GlobalBypassAttribute::ABORT, GlobalBypassAttribute::INSTCFG,
                    GlobalBypassAttribute::PRIVCFG, GlobalBypassAttribute::SHCFG, GlobalBypassAttribute::ALLOCCFG,
                    GlobalBypassAttribute::MTCFG, GlobalBypassAttribute::MemAttr>());

/// IRQ_CTRL and IRQ_CTRLACK (6.3.17, 6.3.18).
struct InterruptControl : Word<32> {
  using Word::Word;
  struct EVENTQ_IRQEN : Field<2, 2, bool> {};
  struct PRIQ_IRQEN : Field<1, 1, bool> {};
  struct GERROR_IRQEN : Field<0, 0, bool> {};
};

/// GERROR and GERRORN (6.3.19, 6.3.20): an error is active while its bits differ.
struct GlobalError : Word<32> {
  using Word::Word;
  struct CMDQP_ERR : Field<9, 9, bool> {};
  struct SFM_ERR : Field<8, 8, bool> {};
  struct MSI_GERROR_ABT_ERR : Field<7, 7, bool> {};
  struct MSI_PRIQ_ABT_ERR : Field<6, 6, bool> {};
  struct MSI_EVENTQ_ABT_ERR : Field<5, 5, bool> {};
  struct MSI_CMDQ_ABT_ERR : Field<4, 4, bool> {};
  struct PRIQ_ABT_ERR : Field<3, 3, bool> {};
  struct EVENTQ_ABT_ERR : Field<2, 2, bool> {};
  struct CMDQ_ERR : Field<0, 0, bool> {};
};

/// GERROR_IRQ_CFG0, EVENTQ_IRQ_CFG0, PRIQ_IRQ_CFG0 (6.3.21): where a message goes; 0: there is none.
struct InterruptConfig0 : Word<64> {
  using Word::Word;
  struct ADDR : Field<51, 2> {};
};

/// The same, CFG1 and CFG2. LO exists for the PRI queue only.
struct InterruptConfig1 : Word<32> {
  using Word::Word;
  struct DATA : Field<31, 0, std::uint32_t> {};
};
struct InterruptConfig2 : Word<32> {
  using Word::Word;
  struct LO : Field<31, 31, bool> {};
  struct SH : Field<5, 4> {};
  struct MemAttr : Field<3, 0> {};
};

/// STRTAB_BASE (6.3.24).
struct StreamTableBaseAddress : Word<64> {
  using Word::Word;
  struct RA : Field<62, 62, bool> {};
  struct ADDR : Field<51, 6> {};
};

/// STRTAB_BASE_CFG (6.3.25).
struct StreamTableConfig : Word<32> {
  using Word::Word;
  struct FMT : Field<17, 16, std::uint8_t> {};
  struct SPLIT : Field<10, 6, std::uint8_t> {};
  struct LOG2SIZE : Field<5, 0, std::uint8_t> {};
};
static_assert(fields_disjoint<StreamTableConfig::FMT, StreamTableConfig::SPLIT, StreamTableConfig::LOG2SIZE>());

/// CMDQ_BASE, EVENTQ_BASE, PRIQ_BASE (6.3.26).
struct QueueBase : Word<64> {
  using Word::Word;
  /// RA of the command queue, WA of the others.
  struct Allocate : Field<62, 62, bool> {};
  struct ADDR : Field<51, 5> {};
  struct LOG2SIZE : Field<4, 0, std::uint8_t> {};
};
static_assert(fields_disjoint<QueueBase::Allocate, QueueBase::ADDR, QueueBase::LOG2SIZE>());

/// Index registers of every queue: index and wrap bit.
struct QueueIndexRegister : Word<32> {
  using Word::Word;
  struct Index : Field<19, 0, std::uint32_t> {};
};

/// CMDQ_CONS.ERR: why commands are not consumed.
enum class CommandError : std::uint8_t { none = 0, ill = 1, abt = 2, atc_inv_sync = 3 };

/// CMDQ_CONS (6.3.28).
struct CommandQueueConsumer : Word<32> {
  using Word::Word;
  struct ERR : Field<30, 24, CommandError> {};
  struct RD : Field<19, 0, std::uint32_t> {};
};

/// ECMDQ_PROD (6.3.108).
struct EnhancedQueueProducer : Word<32> {
  using Word::Word;
  struct EN : Field<31, 31, bool> {};
  struct ERRACK : Field<23, 23, bool> {};
  struct WR : Field<19, 0, std::uint32_t> {};
};
static_assert(fields_disjoint<EnhancedQueueProducer::EN, EnhancedQueueProducer::ERRACK, EnhancedQueueProducer::WR>());

/// ECMDQ_CONS (6.3.109): an error is active while ERR and ERRACK differ.
struct EnhancedQueueConsumer : Word<32> {
  using Word::Word;
  struct ENACK : Field<31, 31, bool> {};
  struct ERR_REASON : Field<26, 24, CommandError> {};
  struct ERR : Field<23, 23, bool> {};
  struct RD : Field<19, 0, std::uint32_t> {};
};
static_assert(fields_disjoint<EnhancedQueueConsumer::ENACK, EnhancedQueueConsumer::ERR_REASON,
                              EnhancedQueueConsumer::ERR, EnhancedQueueConsumer::RD>());

/// EVENTQ_PROD and PRIQ_PROD.
struct OutputQueueProducer : Word<32> {
  using Word::Word;
  struct OVFLG : Field<31, 31, bool> {};
  struct WR : Field<19, 0, std::uint32_t> {};
};

/// EVENTQ_CONS and PRIQ_CONS.
struct OutputQueueConsumer : Word<32> {
  using Word::Word;
  struct OVACKFLG : Field<31, 31, bool> {};
  struct RD : Field<19, 0, std::uint32_t> {};
};

}  // namespace iommusim::smmuv3
