# Tests of whole pairs in network namespaces. They need root, and measure time: one after the other.
# A test that cannot run here says why and counts as skipped.
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)

function(tandem_system_test name timeout)
  add_test(NAME system.${name} COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/system/${name}.py)
  set_tests_properties(system.${name} PROPERTIES
    LABELS system RUN_SERIAL ON SKIP_RETURN_CODE 77 TIMEOUT ${timeout}
    ENVIRONMENT "TANDEM_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY};PYTHONUNBUFFERED=1;PYTHONDONTWRITEBYTECODE=1")
endfunction()

if("lbd" IN_LIST TANDEM_COMPONENTS AND "vrrpd" IN_LIST TANDEM_COMPONENTS AND "syncd" IN_LIST TANDEM_COMPONENTS)
  tandem_system_test(failover_kill_node 240)
  tandem_system_test(failover_kill_lbd 240)
  tandem_system_test(planned_stop 300)
  tandem_system_test(daemon_churn 600)
  tandem_system_test(robustness 180)
  tandem_system_test(reload 120)
  tandem_system_test(split_brain 300)
  tandem_system_test(doctor 240)
endif()
if("vrrpd" IN_LIST TANDEM_COMPONENTS)
  tandem_system_test(spoofed 180)
  tandem_system_test(tracking 240)
endif()

add_test(NAME unit.stalls COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/system/stalls_test.py)
set_tests_properties(unit.stalls PROPERTIES LABELS unit TIMEOUT 30)

# The failover drill (tests/bench/drill): its arithmetic, and whether it still runs. Its targets are for a quiet machine.
add_test(NAME unit.drill_figures COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/bench/drill_figures_test.py)
set_tests_properties(unit.drill_figures PROPERTIES LABELS unit TIMEOUT 30)
if(TARGET lbd AND TARGET vrrpd AND TARGET syncd AND TARGET lbctl)
  add_test(NAME system.drill COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/bench/drill --smoke)
  set_tests_properties(system.drill PROPERTIES
    LABELS system RUN_SERIAL ON SKIP_RETURN_CODE 77 TIMEOUT 180
    ENVIRONMENT "TANDEM_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY};PYTHONUNBUFFERED=1;PYTHONDONTWRITEBYTECODE=1")
endif()

# Two booted systemd hosts with the package installed. The first run makes the base root file system, once.
if(TARGET lbd AND TARGET vrrpd AND TARGET syncd AND TARGET lbctl)
  add_test(NAME boot.two_hosts COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/boot/boot_test.py)
  set_tests_properties(boot.two_hosts PROPERTIES
    LABELS boot RUN_SERIAL ON SKIP_RETURN_CODE 77 TIMEOUT 1800 RESOURCE_LOCK package
    ENVIRONMENT "TANDEM_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY};PYTHONUNBUFFERED=1;PYTHONDONTWRITEBYTECODE=1")
endif()

# Figures that do not depend on the machine's mood have ceilings.
if("lbd" IN_LIST TANDEM_COMPONENTS AND CMAKE_BUILD_TYPE STREQUAL "Release")
  add_test(NAME gate.data_path COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/bench/gates.py)
  set_tests_properties(gate.data_path PROPERTIES
    LABELS gate SKIP_RETURN_CODE 77 TIMEOUT 300
    ENVIRONMENT "TANDEM_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY};PYTHONUNBUFFERED=1")
endif()

# The figures beside HAProxy and nginx: not a test, a report.
if("lbd" IN_LIST TANDEM_COMPONENTS)
  add_custom_target(bench
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/bench/run
            --bin ${CMAKE_RUNTIME_OUTPUT_DIRECTORY} --json ${CMAKE_BINARY_DIR}/bench.json
    DEPENDS lbd tandem-load tandem-pump tandem-bench-backend
    USES_TERMINAL)
endif()
