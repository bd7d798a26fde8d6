# The version that find_package(fastlane VERSION) asks for: the one that fastlane.h says.
file(STRINGS "${CMAKE_CURRENT_LIST_DIR}/../include/fastlane.h" fastlane_version_line
     REGEX "^#define FLN_VERSION ")
string(REGEX REPLACE ".*\"([^\"]+)\".*" "\\1" PACKAGE_VERSION "${fastlane_version_line}")
set(PACKAGE_VERSION_COMPATIBLE FALSE)
set(PACKAGE_VERSION_EXACT FALSE)
if(PACKAGE_VERSION VERSION_EQUAL PACKAGE_FIND_VERSION)
  set(PACKAGE_VERSION_EXACT TRUE)
endif()
if(PACKAGE_VERSION VERSION_GREATER_EQUAL PACKAGE_FIND_VERSION)
  set(PACKAGE_VERSION_COMPATIBLE TRUE)
endif()
