# Where everything lands on a host: `cmake --install`, used by both packages.
include(GNUInstallDirs)

set(TANDEM_UNIT_DIR lib/systemd/system CACHE STRING "systemd units, below the prefix")

install(TARGETS lbd vrrpd syncd RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR})
install(TARGETS lbctl RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES packaging/tandem.json DESTINATION ${CMAKE_INSTALL_FULL_SYSCONFDIR}/tandem)
install(FILES packaging/systemd/tandem.target packaging/systemd/tandem-lbd.service
              packaging/systemd/tandem-vrrpd.service packaging/systemd/tandem-syncd.service
        DESTINATION ${TANDEM_UNIT_DIR})
install(FILES packaging/sysusers/tandem-lb.conf DESTINATION lib/sysusers.d)
install(FILES packaging/tmpfiles/tandem-lb.conf DESTINATION lib/tmpfiles.d)
install(FILES doc/example/tandem.json doc/example/pair.json DESTINATION ${CMAKE_INSTALL_DOCDIR}-lb/examples OPTIONAL)
