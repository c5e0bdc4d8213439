/*
 * Many FTP clients that fetch one file (RFC 959, passive), a thread each, in one process on one core.
 *
 * Every session logs in, then fetches, and the clock starts when all have logged in; with --each they log in and out for
 * every file, with --phones from so many addresses 127.12.0.1, ... in turn. The length of every file is checked. Prints
 * one JSON object.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LINE = 1024, PIECE = 256 * 1024 };

static const char *host = "127.0.0.1", *file = NULL, *user = "anonymous", *password = "bench@";
static int port = 21, each = 0;
static long sessions = 1, total = 1, size = 0, phones = 0;
static atomic_long left, done, failed, bytes, logins;
/* Of the telephone that this thread is now, in the order of the host; 0 for any. */
static __thread uint32_t own = 0;
static pthread_barrier_t ready;

typedef struct {
  int fd;
  size_t filled;
  char buffer[LINE];
} Control;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static int dial(int at) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(at)};
  inet_pton(AF_INET, host, &to.sin_addr);
  int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
  struct timeval wait = {30, 0};
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  if (own != 0) {
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(own)};
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    bind(fd, (struct sockaddr *)&from, sizeof from);
  }
  if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0) return fd;
  close(fd);
  return -1;
}

/* The code of the next reply, its last line in `line`; 0 when the connection is gone. */
static int reply(Control *c, char *line) {
  for (;;) {
    char *end = memchr(c->buffer, '\n', c->filled);
    if (end != NULL) {
      size_t length = end - c->buffer + 1;
      memcpy(line, c->buffer, length);
      line[length] = 0;
      memmove(c->buffer, end + 1, c->filled - length);
      c->filled -= length;
      if (length > 3 && line[3] == ' ' && line[0] >= '1' && line[0] <= '5') return atoi(line);
      continue;
    }
    if (c->filled == LINE - 1) return 0;
    ssize_t got = read(c->fd, c->buffer + c->filled, LINE - 1 - c->filled);
    if (got <= 0) return 0;
    c->filled += got;
  }
}

static int ask(Control *c, char *line, const char *verb, const char *argument) {
  char command[LINE];
  int length = snprintf(command, sizeof command, *argument ? "%s %s\r\n" : "%s%s\r\n", verb, argument);
  if (write(c->fd, command, length) != length) return 0;
  return reply(c, line);
}

static int log_in(Control *c) {
  char line[LINE];
  if (phones > 0) own = 0x7f0c0001 + atomic_fetch_add(&logins, 1) % phones;
  c->filled = 0;
  c->fd = dial(port);
  if (c->fd < 0) return 0;
  if (reply(c, line) != 220) return 0;
  int code = ask(c, line, "USER", user);
  if (code == 331) code = ask(c, line, "PASS", password);
  return code == 230 && ask(c, line, "TYPE", "I") == 200;
}

static int fetch(Control *c, char *piece) {
  char line[LINE];
  int a[6];
  if (ask(c, line, "PASV", "") != 227) return 0;
  char *open = strchr(line, '(');
  if (open == NULL || sscanf(open, "(%d,%d,%d,%d,%d,%d", a, a + 1, a + 2, a + 3, a + 4, a + 5) != 6) return 0;
  int data = dial(a[4] * 256 + a[5]);
  if (data < 0) return 0;
  int begun = ask(c, line, "RETR", file);
  long received = 0;
  ssize_t got = 0;
  if (begun == 150 || begun == 125)
    while ((got = read(data, piece, PIECE)) > 0) received += got;
  close(data);
  if (begun / 100 != 1 || got != 0) return 0;
  atomic_fetch_add(&bytes, received);
  return reply(c, line) == 226 && received == size;
}

static void *session(void *unused) {
  (void)unused;
  Control c = {.fd = -1};
  char line[LINE], *piece = malloc(PIECE);
  int in = each ? 0 : log_in(&c);
  pthread_barrier_wait(&ready);
  while (atomic_fetch_sub(&left, 1) > 0) {
    int good = each ? log_in(&c) : in;
    good = good && fetch(&c, piece);
    if (each && good) good = ask(&c, line, "QUIT", "") == 221;
    if (each && c.fd >= 0) close(c.fd);
    atomic_fetch_add(good ? &done : &failed, 1);
    if (!good && !each) break;
  }
  if (!each && c.fd >= 0) close(c.fd);
  free(piece);
  return NULL;
}

int main(int count, char **words) {
  static struct option options[] = {
      {"host", 1, 0, 'h'},     {"port", 1, 0, 'p'},  {"file", 1, 0, 'f'}, {"size", 1, 0, 's'},
      {"sessions", 1, 0, 'n'}, {"total", 1, 0, 't'}, {"each", 0, 0, 'e'}, {"phones", 1, 0, 'o'},
      {0, 0, 0, 0}};
  for (int o; (o = getopt_long(count, words, "", options, NULL)) != -1;) {
    if (o == 'h') host = optarg;
    else if (o == 'p') port = atoi(optarg);
    else if (o == 'f') file = optarg;
    else if (o == 's') size = atol(optarg);
    else if (o == 'n') sessions = atol(optarg);
    else if (o == 't') total = atol(optarg);
    else if (o == 'e') each = 1;
    else if (o == 'o') phones = atol(optarg);
    else return 2;
  }
  atomic_store(&left, total);
  pthread_barrier_init(&ready, NULL, sessions + 1);
  pthread_t *threads = calloc(sessions, sizeof *threads);
  for (long n = 0; n < sessions; n++) pthread_create(&threads[n], NULL, session, NULL);
  pthread_barrier_wait(&ready);
  double start = now();
  for (long n = 0; n < sessions; n++) pthread_join(threads[n], NULL);
  double seconds = now() - start;
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  double cpu = used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
  printf("{\"done\":%ld,\"failed\":%ld,\"seconds\":%.6f,\"busy\":%.3f,\"perS\":%.1f,\"mibPerS\":%.1f}\n",
         atomic_load(&done), total - atomic_load(&done), seconds, cpu / seconds, atomic_load(&done) / seconds,
         atomic_load(&bytes) / seconds / 1048576);
  return 0;
}
