// SPDX-License-Identifier: Apache-2.0
// Oracle: docs/platform-format.md; PCIe base specification, 6.3.2: every traffic class has one virtual channel, class 0
// the first.
#include "unit/platforms/sample.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::platforms;
using platforms::test::check_error;
using platforms::test::edited;
using platforms::test::load;

namespace {

std::string with_link(const std::string& link) {
  return edited({{"at: 01.0", "at: 01.0\n        link: " + link}});
}
LinkDescription link(const std::string& text) {
  return load({{"at: 01.0", "at: 01.0\n        link: " + text}}).host_bridges[0].functions[0].link;
}
timing::EngineParameters dma(const std::string& text) {
  return load({{"msi: {vectors: 4}", "dma: " + text}}).host_bridges[0].functions[1].children[0].dma;
}

const std::string path = "host_bridges.pcie0.devices.rp0.link";

}  // namespace

TEST_CASE("A link has one virtual channel for all traffic classes unless the file tells more", "[platforms]") {
  const LinkDescription plain = link("{}");
  CHECK(plain.virtual_channels.weights == std::vector<unsigned>{1});
  CHECK(plain.weight == 1);
  CHECK(plain.bit_error_rate == 0.0);
  const LinkDescription two = link(
      "{virtual_channels: [{traffic_classes: [0, 1, 2]}, {traffic_classes: [3, 4, 5, 6, 7], weight: 4}], "
      "weight: 3, bit_error_rate: 1e-9}");
  CHECK(two.virtual_channels.weights == std::vector<unsigned>{1, 4});
  CHECK(two.virtual_channels.of_class == std::array<std::uint8_t, 8>{0, 0, 0, 1, 1, 1, 1, 1});
  CHECK(two.weight == 3);
  CHECK(two.bit_error_rate == Approx(1e-9));
}

TEST_CASE("A map of traffic classes to virtual channels leaves none out and none twice", "[platforms]") {
  const std::string channels = path + ".virtual_channels";
  check_error(with_link("{virtual_channels: @[{traffic_classes: [0, 1, 2, 3, 4, 5, 6]}]}"),
              channels + ": found a list, expected a virtual channel for each of the traffic classes 0 to 7");
  check_error(with_link("{virtual_channels: @[]}"), channels + ": found a list, expected 1 to 8 virtual channels");
  check_error(with_link("{virtual_channels: [{traffic_classes: [0, 1, @1]}]}"),
              channels + ".0.traffic_classes.2: found '1', expected a traffic class that has no virtual channel yet");
  check_error(with_link("{virtual_channels: [{traffic_classes: [1]}, {traffic_classes: [@0]}]}"),
              channels + ".1.traffic_classes.0: found '0', expected traffic class 0 in the first virtual channel only");
  check_error(with_link("{virtual_channels: [@{weight: 2}]}"),
              channels + ".0.traffic_classes: found nothing, expected a list of traffic classes");
}

TEST_CASE("Weights and error rates have limits", "[platforms]") {
  check_error(with_link("{weight: @0}"), path + ".weight: found '0', expected a number from 1 to 128");
  check_error(with_link("{bit_error_rate: @0.001}"),
              path + ".bit_error_rate: found '0.001', expected a decimal number from 0 to below 0.0001");
}

TEST_CASE("A device says which attributes its DMA has, and when it gives a request up", "[platforms]") {
  CHECK_FALSE(dma("{}").relaxed_ordering);
  CHECK(dma("{}").completion_timeout == Duration::milliseconds(50));
  const timing::EngineParameters all =
      dma("{relaxed_ordering: true, id_ordering: true, traffic_class: 5, completion_timeout: 10ms}");
  CHECK(all.relaxed_ordering);
  CHECK(all.id_based_ordering);
  CHECK(all.traffic_class == 5);
  CHECK(all.completion_timeout == Duration::milliseconds(10));
}

TEST_CASE("Durations have limits, so that their sums fit", "[platforms]") {
  const std::string gpu = "host_bridges.pcie0.devices.rp1.devices.gpu0.dma";
  const auto with_dma = [](const std::string& dma) { return edited({{"msi: {vectors: 4}", "dma: " + dma}}); };
  check_error(with_dma("{completion_timeout: @18446744073709551615ps}"),
              gpu + ".completion_timeout: found '18446744073709551615ps', expected at most 64 s");
  check_error(with_dma("{completion_timeout: @65s}"), gpu + ".completion_timeout: found '65s', expected at most 64 s");
  CHECK(dma("{completion_timeout: 64s}").completion_timeout == Duration::milliseconds(64'000));
  check_error(with_dma("{descriptor: @86401s}"), gpu + ".descriptor: found '86401s', expected at most 86400 s");
  check_error(edited({{"at: 01.0", "at: 01.0\n        link: {propagation: @90000s}"}}),
              path + ".propagation: found '90000s', expected at most 86400 s");
}

TEST_CASE("Requests of a conventional device have no attributes", "[platforms]") {
  const auto with_dma = [](const std::string& dma) {
    return R"(platform: conventional
memory: [{name: dram, base: 0, size: 2GiB}]
host_bridges:
  - name: pcie0
    devices:
      - name: br0
        type: pcie-pci-bridge
        at: 1e.0
        devices: [{name: tuner0, type: pci-device, at: 01.0, dma: )" +
           dma + "}]\n";
  };
  const std::string tuner = "host_bridges.pcie0.devices.br0.devices.tuner0.dma.";
  const std::string none = ", expected nothing: a pci-device has no such attribute of its requests";
  check_error(with_dma("{relaxed_ordering: @true}"), tuner + "relaxed_ordering: found 'true'" + none);
  check_error(with_dma("{tags: 4, id_ordering: @false}"), tuner + "id_ordering: found 'false'" + none);
  check_error(with_dma("{traffic_class: @3}"), tuner + "traffic_class: found '3'" + none);
  CHECK_NOTHROW(platforms::load_platform_text(with_dma("{tags: 4}"), "sample.yaml"));
}
