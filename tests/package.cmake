# The packages, built as ./package builds them (which installs the tools it needs) and then looked into.
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)

if(CMAKE_BUILD_TYPE STREQUAL "Release")
  foreach(kind deb rpm)
    add_test(NAME package.build_${kind} COMMAND ${CMAKE_SOURCE_DIR}/package ${kind})
    set_tests_properties(package.build_${kind} PROPERTIES
      LABELS package FIXTURES_SETUP package_${kind} RESOURCE_LOCK package RUN_SERIAL ON TIMEOUT 1800)
    add_test(NAME package.${kind} COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/package/${kind}.py)
    set_tests_properties(package.${kind} PROPERTIES
      LABELS package FIXTURES_REQUIRED package_${kind} SKIP_RETURN_CODE 77 TIMEOUT 600
      ENVIRONMENT "PYTHONUNBUFFERED=1;PYTHONDONTWRITEBYTECODE=1")
  endforeach()
  # Its scripts run on a system with the libraries that the .deb names.
  set_property(TEST package.rpm APPEND PROPERTY FIXTURES_REQUIRED package_deb)
endif()
