// SPDX-License-Identifier: Apache-2.0
// An SMMUv3's registers as software sees them. Offsets and bits are retyped from the architecture and share nothing
// with the model's.
#pragma once

#include <cstdint>

namespace iommusim::tests::smmu {

namespace offset {
constexpr std::uint64_t idr0 = 0x00, idr1 = 0x04, idr2 = 0x08, idr3 = 0x0C, idr4 = 0x10, idr5 = 0x14, iidr = 0x18,
                        aidr = 0x1C;
constexpr std::uint64_t cr0 = 0x20, cr0ack = 0x24, cr1 = 0x28, cr2 = 0x2C, statusr = 0x40, gbpa = 0x44;
constexpr std::uint64_t irq_ctrl = 0x50, irq_ctrlack = 0x54, gerror = 0x60, gerrorn = 0x64;
constexpr std::uint64_t gerror_irq_cfg0 = 0x68, strtab_base = 0x80, strtab_base_cfg = 0x88;
constexpr std::uint64_t cmdq_base = 0x90, cmdq_prod = 0x98, cmdq_cons = 0x9C;
constexpr std::uint64_t eventq_base = 0xA0, eventq_prod = 0x100A8, eventq_cons = 0x100AC, eventq_irq_cfg0 = 0xB0;
constexpr std::uint64_t priq_base = 0xC0, priq_prod = 0x100C8, priq_cons = 0x100CC, priq_irq_cfg0 = 0xD0;
/// From CFG0 of any source.
constexpr std::uint64_t cfg1 = 8, cfg2 = 12;
}  // namespace offset

namespace cr0 {
constexpr std::uint32_t smmuen = 1, priqen = 2, eventqen = 4, cmdqen = 8, atschk = 0x10;
}  // namespace cr0

namespace cr2 {
constexpr std::uint32_t e2h = 1, recinvsid = 2, ptm = 4;
}  // namespace cr2

namespace gbpa {
constexpr std::uint32_t update = 1U << 31, abort = 1U << 20;
}  // namespace gbpa

namespace irq_ctrl {
constexpr std::uint32_t gerror = 1, priq = 2, eventq = 4;
}  // namespace irq_ctrl

namespace gerror {
constexpr std::uint32_t cmdq_err = 1, eventq_abt = 4, priq_abt = 8, msi_cmdq_abt = 0x10, msi_eventq_abt = 0x20,
                        msi_priq_abt = 0x40, msi_gerror_abt = 0x80;
}  // namespace gerror

/// OVFLG and OVACKFLG.
constexpr std::uint32_t overflow_flag = 1U << 31;
/// PRIQ_IRQ_CFG2.LO.
constexpr std::uint32_t last_only = 1U << 31;

}  // namespace iommusim::tests::smmu
