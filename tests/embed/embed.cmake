# A program for each Python that has the module inside itself: embed-X.Y. Part of no default target;
# tools/build --checked names it, and tests/embed/test_embed.py runs it.
find_package(GTest QUIET)
file(GLOB embed_sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/*.cpp")

function(add_embedding_program version objects library link_flags)
  if(NOT GTest_FOUND OR NOT EXISTS "${library}")
    message(STATUS "No embed-${version}: it needs GoogleTest and Python's library (${library})")
    add_custom_target(embed-${version})
    return()
  endif()
  set(target embed-${version})
  add_executable(${target} EXCLUDE_FROM_ALL ${embed_sources})
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}")
  target_link_libraries(${target} PRIVATE ${objects} fastlane_kernels GTest::gtest "${library}")
  separate_arguments(flags UNIX_COMMAND "${link_flags}")
  target_link_options(${target} PRIVATE ${flags})
endfunction()
