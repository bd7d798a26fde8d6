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

// The program, checked, with all of its fields in the result and rows that are soon too long.
kernels::records::Program with_all_selected(kernels::records::Program program);

// Rows of seven fields, a to g, each of another type.
kernels::records::Program program_of(kernels::records::SourceKind kind);

}  // namespace fastlane::fuzz
