// What the targets of the records family share: a text goes through the engine in one piece and in
// small windows and chunks, and the outcomes have to agree.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "kernels/records/program.hpp"

namespace fastlane::fuzz {

// The first two bytes choose the sizes of windows and chunks; the others are the input. Aborts when
// a rule is broken.
void run_in_pieces(const kernels::records::Program& program, const std::uint8_t* data,
                   std::size_t size);

// A field of that type; in NDJSON it stands under its name.
kernels::records::Field field_of(std::string_view name, kernels::records::Type type);

}  // namespace fastlane::fuzz
