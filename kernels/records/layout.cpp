// The choice among the kinds of sources.
#include "kernels/records/layout.hpp"

#include "kernels/records/csv_layout.hpp"
#include "kernels/records/json_layout.hpp"
#include "kernels/records/log_layout.hpp"

namespace fastlane::kernels::records {

std::unique_ptr<RowBorders> Layout::make_borders(std::size_t) const {
  return std::make_unique<LineBorders>();
}

std::unique_ptr<Layout> make_layout(const Program& program) {
  switch (program.kind) {
    case SourceKind::csv:
      return std::make_unique<CsvLayout>(program);
    case SourceKind::ndjson:
      return std::make_unique<JsonLayout>(program);
    case SourceKind::log:
      break;
  }
  return std::make_unique<LogLayout>(program);
}

}  // namespace fastlane::kernels::records
