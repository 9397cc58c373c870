// SPDX-License-Identifier: Apache-2.0
// What the message targets of a GIC are built as. ID registers are derived from this, so what is advertised is what
// works.
#pragma once

#include "base/address.h"
#include "base/config_finding.h"
#include "base/requester_id.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace iommusim::gic {

/// Requester IDs `first` to `first + count - 1` have DeviceIDs from `device` on (IORT ID mapping, DT msi-map).
struct DeviceMapping {
  RequesterId first;
  std::uint32_t count = 0;
  std::uint32_t device = 0;
};

/// GITS_BASER.Page_Size.
enum class TablePage : std::uint8_t { kib_4 = 0, kib_16 = 1, kib_64 = 2 };

/// Bytes.
constexpr std::uint64_t size_of(TablePage page) {
  return page_4k << (2 * static_cast<unsigned>(page));
}

/// Defaults give the ITS of QEMU 7.2's virt machine, but for the width of table entries, which is ours. Widths are in
/// bits.
struct ItsConfig {
  /// Physical address of the control page (64 KiB-aligned); the page with GITS_TRANSLATER follows it.
  PhysAddr register_base{0x0808'0000};
  /// GITS_TYPER.Devbits + 1: 1 to 32.
  unsigned device_bits = 16;
  /// GITS_TYPER.ID_bits + 1: EventIDs, 1 to 32.
  unsigned event_bits = 16;
  /// GITS_TYPER.CIDbits + 1: collections, 1 to 16.
  unsigned collection_bits = 16;
  /// GITS_TYPER.HCC: collections held without a table, 0 to 255.
  unsigned hardware_collections = 0;
  /// Interrupts that the GIC has: GICD_TYPER.IDbits + 1, 14 to 24.
  unsigned interrupt_bits = 16;
  /// GITS_TYPER.ITT_entry_size + 1: bytes, 8 to 16.
  unsigned translation_entry_size = 8;
  /// GITS_BASER.Entry_Size + 1: bytes of device and collection table entries; a power of two, 8 to 32.
  unsigned device_entry_size = 8;
  unsigned collection_entry_size = 8;
  /// GITS_BASER.Indirect of the device table can be set.
  bool indirect_device_table = true;
  /// GITS_BASER.Page_Size is fixed; nullopt: software chooses.
  std::optional<TablePage> table_page;
  /// GITS_TYPER.PTA: commands name redistributors by physical address, not by processor number.
  bool physical_targets = false;
  /// A command with a wrong parameter stalls the queue; else it is skipped. Both are allowed.
  bool stalls_on_command_errors = false;
  /// GITS_IIDR.
  std::uint32_t implementation = 0x43B;
  /// GITS_PIDR2.ArchRev: 3 (GICv3) or 4.
  unsigned architecture = 3;

  /// DeviceIDs of requesters, which count with these bits only (DT msi-map-mask). Empty: the requester ID itself. A
  /// requester without a mapping has no DeviceID.
  std::uint16_t requester_mask = 0xFFFF;
  std::vector<DeviceMapping> devices;
};

/// Redistributors of all processors, one frame after the other.
struct RedistributorConfig {
  /// Physical address of the first frame (64 KiB-aligned).
  PhysAddr register_base{0x080A'0000};
  /// 1 to 256. Their processor numbers are 0, 1, 2, ...
  unsigned processors = 1;
  /// GICR_TYPER.DirectLPI: LPIs can be set by register writes, without an ITS.
  bool direct_lpi = false;
  /// GICD_TYPER.IDbits + 1, 14 to 24.
  unsigned interrupt_bits = 16;
  /// LPI configurations that each keeps, a power of two; 0: reads them anew for each LPI.
  unsigned cached_configurations = 1024;
};

struct Gicv2mConfig {
  /// Physical address of the frame (4 KiB-aligned).
  PhysAddr register_base{0x0802'0000};
  /// MSI_TYPER: first SPI (its INTID) and how many; 32 to 1019.
  unsigned first_spi = 80;
  unsigned spis = 64;
  /// MSI_IIDR.
  std::uint32_t implementation = 0;
};

/// SPIs, by INTID.
struct SpiRange {
  unsigned first = 0;
  unsigned count = 0;
};

/// Message-based interrupts of a GICv3 distributor.
struct MbiConfig {
  /// Physical address of GICD, or of its alias for messages (64 KiB-aligned).
  PhysAddr register_base{0x0800'0000};
  /// SPIs that messages may set (DT mbi-ranges).
  std::vector<SpiRange> ranges{{64, 64}};
  /// Those of them that are configured level-sensitive.
  std::vector<SpiRange> level_sensitive;
};

/// Members that cannot be so.
std::vector<ConfigFinding> find_impossible(const ItsConfig& config);
std::vector<ConfigFinding> find_impossible(const RedistributorConfig& config);
std::vector<ConfigFinding> find_impossible(const Gicv2mConfig& config);
std::vector<ConfigFinding> find_impossible(const MbiConfig& config);

}  // namespace iommusim::gic
