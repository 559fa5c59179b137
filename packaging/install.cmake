# Where everything lands on a host: `cmake --install`, which the packages use, too.
include(GNUInstallDirs)

# Distributions differ here.
set(TANDEM_UNIT_DIR lib/systemd/system CACHE STRING "Where systemd units go")

install(TARGETS lbd vrrpd syncd RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR})
install(TARGETS lbctl RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES packaging/tandem.json DESTINATION ${CMAKE_INSTALL_FULL_SYSCONFDIR}/tandem)

install(FILES packaging/systemd/tandem.target packaging/systemd/tandem-lbd.service
              packaging/systemd/tandem-vrrpd.service packaging/systemd/tandem-syncd.service
        DESTINATION ${TANDEM_UNIT_DIR})
install(FILES packaging/sysusers/tandem-lb.conf DESTINATION lib/sysusers.d)
install(FILES packaging/tmpfiles/tandem-lb.conf DESTINATION lib/tmpfiles.d)
# systemd-networkd and NetworkManager leave vrrpd's own devices alone.
install(FILES packaging/network/10-tandem.network DESTINATION lib/systemd/network)
install(FILES packaging/network/tandem-lb.conf DESTINATION lib/NetworkManager/conf.d)
install(PROGRAMS packaging/restart-one-by-one DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/tandem)

# Completion, schema and tandem.json(5) are generated, and installed where that happens.
foreach(section 7 8)
  file(GLOB pages CONFIGURE_DEPENDS man/*.${section})
  install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()
install(FILES doc/example/tandem.json doc/example/pair.json
        DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/tandem-lb/examples)
