// What a straightforward program does with NDJSON: simdjson on demand, one field after the other by
// name, into vectors. A peer of the suite records; called through ctypes.
#include <simdjson.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct Columns {
  std::vector<std::int64_t> ts, bytes;
  std::vector<std::int16_t> status;
  std::vector<double> ms;
  std::vector<std::int64_t> user_ends, path_ends, method_ends;
  std::string users, paths, methods;
};

void add(std::string& texts, std::vector<std::int64_t>& ends, std::string_view text) {
  texts += text;
  ends.push_back(static_cast<std::int64_t>(texts.size()));
}

}  // namespace

// The number of rows, or -1.
extern "C" __attribute__((visibility("default"))) long json_columns(const char* path) try {
  simdjson::padded_string text = simdjson::padded_string::load(path);
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document_stream rows = parser.iterate_many(text, 1 << 20);
  Columns columns;
  for (auto row : rows) {
    columns.ts.push_back(row["ts"].get_int64());
    add(columns.users, columns.user_ends, row["user"].get_string());
    add(columns.methods, columns.method_ends, row["method"].get_string());
    add(columns.paths, columns.path_ends, row["path"].get_string());
    const std::int64_t status = row["status"].get_int64();
    columns.status.push_back(static_cast<std::int16_t>(status));
    columns.bytes.push_back(row["bytes"].get_int64());
    columns.ms.push_back(row["ms"].get_double());
  }
  return static_cast<long>(columns.ts.size());
} catch (...) {
  return -1;
}
