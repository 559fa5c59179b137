add_subdirectory(sim/syncd)
