// SPDX-License-Identifier: Apache-2.0
#include "support/bench_platform.h"

#include "platforms/loader.h"

namespace iommusim::tests {
namespace {

const char* const text = R"(
platform: bench
memory:
  - {name: dram-low, base: 0, size: 1GiB}
  - {name: dram-high, base: 4GiB, size: 1GiB}
host_bridges:
  - name: pcie0
    buses: [0, 0x1f]
    windows:
      - {base: 0x9000_0000, size: 256MiB}
      - {base: 0x38_0000_0000, size: 64GiB}
    iommu: dmar0
    devices:
      - name: rp0
        type: root-port
        at: 01.0
        acs: capable
        devices:
          - name: sw0
            type: upstream-port
            devices:
              - name: dp0
                type: downstream-port
                at: 00.0
                acs: capable
                bars: [{bar: 0, base: 0x9800_0400, size: 128}]
                devices:
                  - name: nic0
                    type: endpoint
                    bars: [{bar: 0, base: 0x9100_0000, size: 64KiB}]
                    msix: {vectors: 4, table_bar: 0, table_offset: 0x8000}
              - name: dp1
                type: downstream-port
                at: 01.0
                acs: capable
                devices:
                  - name: gpu0
                    type: endpoint
                    bars:
                      - {bar: 0, base: 0x9000_0000, size: 16MiB}
                      - {bar: 2, base: 0x38_0000_0000, size: 256MiB, type: 64-bit, prefetchable: true}
              - name: dp2
                type: downstream-port
                at: 02.0
                acs: capable
                devices:
                  - name: disk0
                    type: endpoint
                    msi: {vectors: 1}
      - {name: camera0, type: root-complex-endpoint, at: 04.0}
      - {name: stray0, type: root-complex-endpoint, at: 05.0}
      - {name: jailed0, type: root-complex-endpoint, at: 06.0}
iommus:
  - {name: dmar0, type: vt-d, registers: 0xfed9_0000, fault_records: 4}
software:
  os_memory: {base: 0x1_3c00_0000, size: 64MiB}
  buffers:
    - {name: ring, base: 0x1000_0000, size: 2MiB}
    - {name: pool, base: 0x1_1000_0000, size: 16MiB}
    - {name: spare, base: 0x1_2000_0000, size: 2MiB}
  domains:
    - name: user
      type: unmanaged
      devices: [nic0]
      mappings:
        - {iova: 0xffe0_0000, buffer: ring}
        - {iova: 0x38_0000_0000, buffer: pool}
        - {iova: 0x5000_0000, physical: 0x2000_0000, size: 4KiB, access: read}
        - {iova: 0x5000_1000, physical: 0x2000_1000, size: 4KiB, access: write}
        - {iova: 0x6000_0000, physical: 0x9000_0000, size: 4KiB}
        - {iova: 0x9800_0000, physical: 0x2000_2000, size: 4KiB}
    - name: storage
      type: dma
      devices: [disk0]
      mappings:
        - {iova: 0xfff0_0000, physical: 0x2100_0000, size: 4KiB}
    - {name: direct, type: identity, devices: [camera0]}
    - {name: jail, type: blocked, devices: [jailed0]}
  interrupts:
    - {device: nic0, index: 0, vector: 0x41, apic_id: 2}
    - {device: disk0, vector: 0x61, apic_id: 1}
)";

}  // namespace

platforms::Description bench_platform() {
  return platforms::load_platform_text(text, "bench.yaml");
}

}  // namespace iommusim::tests
