# find_package(fastlane) for C and C++ projects that use fastlane.h:
#   execute_process(COMMAND python -m fastlane config --cmakedir OUTPUT_VARIABLE fastlane_DIR
#                   OUTPUT_STRIP_TRAILING_WHITESPACE)
#   find_package(fastlane REQUIRED)
#   target_link_libraries(your_extension PRIVATE fastlane::fastlane)
# It brings the include folder and nothing to link with; find_package(Python3) brings Python.h.
get_filename_component(fastlane_INCLUDE_DIR "${CMAKE_CURRENT_LIST_DIR}/../include" ABSOLUTE)
if(NOT TARGET fastlane::fastlane)
  add_library(fastlane::fastlane INTERFACE IMPORTED)
  set_target_properties(fastlane::fastlane PROPERTIES
                        INTERFACE_INCLUDE_DIRECTORIES "${fastlane_INCLUDE_DIR}")
endif()
