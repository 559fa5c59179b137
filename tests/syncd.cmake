add_subdirectory(unit/syncd)
add_subdirectory(sim/syncd)
add_subdirectory(fuzz/syncd)
add_subdirectory(integration/syncd)
