// SPDX-License-Identifier: Apache-2.0
#include "analysis/explain_report.h"
#include "app/arguments.h"
#include "app/commands.h"
#include "app/options.h"
#include "app/output.h"
#include "app/session.h"
#include "base/atomic_file.h"
#include "pcie/translation_capabilities.h"

#include <fmt/format.h>

#include <cstdint>
#include <memory>
#include <optional>

namespace iommusim::app {
namespace {

struct Options {
  std::string platform;
  std::string device;
  std::string address;
  std::string operation = "read";
  std::string size = "4";
  std::string pasid;
  std::string data;
  bool poisoned = false;
  bool firmware = false;
  std::string json;
  std::vector<std::string> settings;
};

constexpr const char* example =
    "Example:\n  iommusim explain platforms/nic-behind-non-acs-switch.yaml --device nic0 --address 0x38_0000_1000 "
    "--op write --size 64";

Access access_of(const Options& options) {
  Access access;
  access.operation = options.operation == "write" ? Operation::write : Operation::read;
  access.poisoned = options.poisoned;
  if (access.poisoned && access.operation == Operation::read)
    throw InputError{{}, "--poisoned: found a read, which brings no data that could be poisoned, expected --op write"};
  access.address = BusAddr{parse_number("--address", options.address)};
  const std::uint64_t size = parse_number("--size", options.size);
  if (size == 0 || size > page_4k || access.address.offset_in(page_4k) + size > page_4k)
    throw InputError{{},
                     fmt::format("--size: found {}, expected 1 to {} bytes that stay in one 4 KiB page: one TLP",
                                 options.size, page_4k)};
  access.size = static_cast<std::uint32_t>(size);
  if (!options.pasid.empty()) {
    const std::uint64_t pasid = parse_number("--pasid", options.pasid);
    if (pasid > 0xF'FFFF)
      throw InputError{{}, fmt::format("--pasid: found {}, expected at most 0xfffff", options.pasid)};
    access.pasid = Pasid{static_cast<std::uint32_t>(pasid)};
  }
  return access;
}

std::optional<std::uint32_t> message_data_of(const Options& options, const Access& access) {
  if (options.data.empty()) return std::nullopt;
  if (access.operation != Operation::write || access.size != sizeof(std::uint32_t))
    throw InputError{{}, "--data: found it with another access, expected a write of 4 bytes: a message"};
  if (options.firmware) throw InputError{{}, "--firmware: found it beside --data, expected one of them"};
  const std::uint64_t data = parse_number("--data", options.data);
  if (data > 0xFFFF'FFFF)
    throw InputError{{}, fmt::format("--data: found {}, expected a value of 32 bits", options.data)};
  return static_cast<std::uint32_t>(data);
}

/// A function may only tag requests after software has set PASID Enable (PCIe base specification, 6.20).
void require_pasid(const platforms::Machine& machine, const platforms::Device& device, Pasid pasid) {
  const pcie::Topology& topology = machine.topology();
  const pcie::NodeIndex physical = topology[device.node].physical_function;
  const pcie::NodeIndex owner = physical == pcie::NodeIndex::none ? device.node : physical;
  const platforms::FunctionDescription& description = machine.describe(owner);
  const unsigned bits = pcie::enabled_pasid_bits(topology[owner].config);
  if (bits != 0 && pasid.value() >> bits == 0) return;
  const auto refuse = [&](const std::string& expected) {
    throw InputError{{}, fmt::format("--pasid: found {:#x}, expected {}", pasid.value(), expected)};
  };
  if (!description.pasid)
    refuse(fmt::format("none: {0} has no PASID capability (devices.{0}.pasid)", description.name));
  if (bits == 0)
    refuse(fmt::format("none: PASID Enable of {0} is clear (devices.{0}.pasid.enabled)", description.name));
  refuse(fmt::format("at most {1} bits (devices.{0}.pasid.width)", description.name, bits));
}

int explain(const Options& options) {
  const Access access = access_of(options);
  const std::optional<std::uint32_t> message_data = message_data_of(options, access);
  refuse_to_overwrite("--json", options.json, {options.platform});
  Session session{options.platform, options.settings};
  const platforms::Device& device = session.device(options.device);
  if (access.pasid) require_pasid(session.machine(), device, *access.pasid);
  const analysis::Explanation explanation =
      analysis::explain(session.machine(), session.system(), device.node, access, {message_data, options.firmware});
  if (!options.json.empty()) {
    AtomicFile file{options.json};
    file.write(analysis::to_json(explanation, session.machine()).dump(2) + "\n");
    file.commit();
  }
  print_text(analysis::to_text(explanation, session.machine()));
  return 0;
}

}  // namespace

void add_explain(CLI::App& app, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("explain", "Follow one access hop by hop and table word by table word");
  command->add_option("platform", options->platform, "Platform file (YAML)")->required();
  command->add_option("--device", options->device, "Endpoint that sends the request")->required();
  command->add_option("--address", options->address, "Address in the request")->required();
  command->add_option("--op", options->operation, "Operation")->check(CLI::IsMember({"read", "write"}));
  command->add_option("--size", options->size, "Bytes; default 4");
  command->add_option("--pasid", options->pasid, "PASID of the request; default: none");
  command->add_option("--data", options->data, "What a write of 4 bytes carries: a message, as raw-write sends it");
  command->add_flag("--firmware", options->firmware,
                    "The device's own firmware sends it: the address is a physical one, whatever software maps");
  command->add_flag("--poisoned", options->poisoned, "The data of the write is known to be bad");
  add_output(*command, "--json", options->json, "Write the explanation to this file");
  add_settings(*command, options->settings);
  command->footer(example);
  command->callback([options, &status] { status = explain(*options); });
}

}  // namespace iommusim::app
