// SPDX-License-Identifier: Apache-2.0
#include "interrupts/gic/rules.h"

namespace iommusim::gic::rules {

const Rule doorbell_read{"gic.doorbell-read", "the registers that take messages are write-only and read as zero",
                         "GICv3 architecture, GITS_TRANSLATER"};
const Rule doorbell_atomic{"gic.doorbell-atomic", "an atomic operation is no interrupt message",
                           "PCIe base specification, 6.15"};
const Rule not_a_doorbell{"gic.not-a-doorbell", "no register at this address takes messages",
                          "GICv3 architecture, 12.1"};
const Rule message_size{"gic.message-size", "an interrupt message is one aligned write of 2 or 4 bytes",
                        "GICv3 architecture, GITS_TRANSLATER"};

const Rule its_disabled{"gic.its-disabled", "GITS_CTLR.Enabled is 0: the ITS ignores writes to GITS_TRANSLATER",
                        "GICv3 architecture, GITS_CTLR"};
const Rule no_device_id{"gic.no-device-id", "no DeviceID mapping of the platform names this requester",
                        "GICv3 architecture, 5.1"};
const Rule device_out_of_range{"gic.device-out-of-range", "the DeviceID is wider than GITS_TYPER.Devbits",
                               "GICv3 architecture, 5.2"};
const Rule device_not_in_table{"gic.device-not-in-table",
                               "the device table has no entry for this DeviceID: it ends before, or its level 1 entry "
                               "is not valid",
                               "GICv3 architecture, 5.2"};
const Rule device_unmapped{"gic.device-unmapped", "no MAPD maps this DeviceID", "GICv3 architecture, 5.2"};
const Rule event_out_of_range{"gic.event-out-of-range", "the EventID is beyond the Size that MAPD gave the device",
                              "GICv3 architecture, 5.2"};
const Rule event_unmapped{"gic.event-unmapped", "no MAPTI maps this EventID of the device", "GICv3 architecture, 5.2"};
const Rule collection_unmapped{"gic.collection-unmapped", "the event's collection is mapped to no redistributor",
                               "GICv3 architecture, 5.2"};
const Rule table_unreadable{"gic.table-unreadable", "a table of the ITS lies where no memory answers",
                            "GICv3 architecture, 5.2"};

const Rule lpi_delivered{"gic.lpi-delivered", "the LPI is enabled: its redistributor delivers it",
                         "GICv3 architecture, 5.1"};
const Rule lpi_pending{"gic.lpi-pending", "the LPI is disabled in its configuration: it stays pending",
                       "GICv3 architecture, 5.1"};
const Rule lpi_merged{"gic.lpi-merged", "the LPI was pending already: the two messages are one interrupt",
                      "GICv3 architecture, 5.1"};
const Rule lpi_cleared{"gic.lpi-cleared", "a write to GICR_CLRLPIR ends the pending state of the LPI",
                       "GICv3 architecture, GICR_CLRLPIR"};
const Rule lpis_disabled{"gic.lpis-disabled", "GICR_CTLR.EnableLPIs is 0: the redistributor ignores LPIs",
                         "GICv3 architecture, GICR_CTLR"};
const Rule lpi_out_of_range{"gic.lpi-out-of-range",
                            "the INTID is no LPI that GICR_PROPBASER.IDbits of the redistributor allows",
                            "GICv3 architecture, GICR_PROPBASER"};
const Rule lpi_table_unreadable{"gic.lpi-table-unreadable",
                                "the configuration or pending table of the redistributor lies where no memory answers",
                                "GICv3 architecture, 5.1"};

const Rule spi_raised{"gic.spi-raised", "the write raises the SPI that its data names", "GICv3 architecture, 4.1"};
const Rule spi_merged{"gic.spi-merged", "the level-sensitive SPI is asserted already", "GICv3 architecture, 4.1"};
const Rule spi_cleared{"gic.spi-cleared", "a write to GICD_CLRSPI_NSR takes the SPI back", "GICv3 architecture, 4.1"};
const Rule spi_out_of_range{"gic.spi-out-of-range", "the data names no SPI that this frame may set",
                            "GICv3 architecture, 4.1"};

}  // namespace iommusim::gic::rules
