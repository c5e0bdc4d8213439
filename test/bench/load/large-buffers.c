/*
 * Preloaded into a server that a benchmark measures: every UDP socket of it gets the receive buffer that the sysctl
 * net.core.rmem_default would give, without changing the machine.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <sys/socket.h>

int socket(int domain, int type, int protocol) {
  static int (*real)(int, int, int);
  if (real == NULL) real = (int (*)(int, int, int))dlsym(RTLD_NEXT, "socket");
  int made = real(domain, type, protocol), bytes = 4 * 1024 * 1024;
  if (made >= 0 && (type & 0xf) == SOCK_DGRAM) setsockopt(made, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes);
  return made;
}
