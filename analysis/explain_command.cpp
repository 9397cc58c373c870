// SPDX-License-Identifier: Apache-2.0
#include "analysis/explain_command.h"

#include "analysis/names.h"

#include <fmt/format.h>

namespace iommusim::analysis {
namespace {

/// As a shell reads it back.
std::string quoted(const std::string& word) {
  constexpr const char* plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,+";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
  std::string text = "'";
  for (const char c : word)
    text += c == '\'' ? std::string{"'\\''"} : std::string{c};
  return text + "'";
}

}  // namespace

std::string explain_command(const AccessRecord& record, const platforms::Machine& machine) {
  const Access& access = record.access;
  std::string text = "iommusim explain " + quoted(machine.description().file);
  for (const std::string& setting : machine.description().settings)
    text += " --set " + quoted(setting);
  text += fmt::format(" --device {} --address {:#x} --op {}", quoted(name_of(record.device, machine)),
                      access.address.value(), access.operation == Operation::read ? "read" : "write");
  if (access.size != 0) text += fmt::format(" --size {}", access.size);
  if (access.pasid) text += fmt::format(" --pasid {:#x}", access.pasid->value());
  if (record.source == AccessSource::firmware) text += " --firmware";
  if (access.poisoned) text += " --poisoned";
  return text;
}

}  // namespace iommusim::analysis
