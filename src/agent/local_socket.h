// Datagram sockets of the machine: syslog, the journal, the service manager.
#pragma once

// Connected, close-on-exec; "@name" is an abstract name. -1 and errno.
int local_socket_connect(const char *path);
