# The pair on virtual machines (vagrant/). It takes half an hour where they are emulated, and installs what it needs, so it
# runs only when it is asked for: ctest --preset release -C Vagrant -L vagrant
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)

if(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_test(NAME vagrant.failover COMMAND ${CMAKE_SOURCE_DIR}/vagrant/offline-lab test CONFIGURATIONS Vagrant)
  set_tests_properties(vagrant.failover PROPERTIES
    LABELS vagrant RUN_SERIAL ON SKIP_RETURN_CODE 77 TIMEOUT 7200 RESOURCE_LOCK package)
endif()

add_test(NAME unit.vagrant_probe COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/vagrant/probe_test.py)
set_tests_properties(unit.vagrant_probe PROPERTIES LABELS unit TIMEOUT 60 ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
