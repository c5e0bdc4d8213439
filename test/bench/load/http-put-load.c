/*
 * Telephones that save their backups by HTTP PUT on kept connections, in one process on one core.
 *
 * usage: http-put-load PORT CONNECTIONS REQUESTS BYTES NAMES
 * Request n saves /EXT_96xxdata.txt with EXT = 10000 + n modulo NAMES. Prints one JSON object; an answer that is not 2xx
 * is counted as failed.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

typedef struct {
  int fd;
  char head[256];
  size_t head_size, sent;
  char answer[2048];
  size_t answered;
  double begun;
  int busy;
} Phone;

static long connections, requests, bytes, names, next_request, done, failed;
static char *body;
static double *latencies;

static double now_ms(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec * 1e3 + at.tv_nsec / 1e6;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void begin(Phone *phone) {
  if (next_request >= requests) return;
  long n = next_request++;
  phone->head_size = snprintf(phone->head, sizeof phone->head,
    "PUT /%ld_96xxdata.txt HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %ld\r\n\r\n", 10000 + n % names, bytes);
  phone->sent = phone->answered = 0;
  phone->begun = now_ms();
  phone->busy = 1;
}

static void send_more(Phone *phone) {
  size_t total = phone->head_size + bytes;
  while (phone->sent < total) {
    struct iovec parts[2] = {{phone->head, phone->head_size}, {body, bytes}};
    int first = phone->sent >= phone->head_size;
    size_t offset = first ? phone->sent - phone->head_size : phone->sent;
    parts[first].iov_base = (char *)parts[first].iov_base + offset;
    parts[first].iov_len -= offset;
    ssize_t count = writev(phone->fd, parts + first, 2 - first);
    if (count < 0) {
      if (errno == EAGAIN) return;
      fail("writev");
    }
    phone->sent += count;
  }
}

static void read_more(Phone *phone) {
  ssize_t count = read(phone->fd, phone->answer + phone->answered, sizeof phone->answer - 1 - phone->answered);
  if (count < 0 && errno == EAGAIN) return;
  if (count <= 0) {
    fprintf(stderr, "a connection ended after %ld answers\n", done);
    exit(1);
  }
  phone->answered += count;
  phone->answer[phone->answered] = 0;
  char *end = strstr(phone->answer, "\r\n\r\n");
  if (end == NULL) return;
  char *length = strcasestr(phone->answer, "content-length:");
  size_t rest = length == NULL || length > end ? 0 : strtoul(length + 15, NULL, 10);
  if (phone->answered < (size_t)(end + 4 - phone->answer) + rest) return;
  if (strncmp(phone->answer, "HTTP/1.1 2", 10) != 0) failed++;
  latencies[done++] = now_ms() - phone->begun;
  phone->busy = 0;
  begin(phone);
}

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  if (argc != 6) return 2;
  struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
  inet_pton(AF_INET, "127.0.0.1", &server.sin_addr);
  connections = atol(argv[2]), requests = atol(argv[3]), bytes = atol(argv[4]), names = atol(argv[5]);
  body = malloc(bytes);
  for (long n = 0; n < bytes; n++) body[n] = n % 16 == 15 ? '\n' : 'a' + n % 26;
  latencies = calloc(requests + 1, sizeof *latencies);
  Phone *phones = calloc(connections, sizeof *phones);
  struct pollfd *polls = calloc(connections, sizeof *polls);
  for (long n = 0; n < connections; n++) {
    phones[n].fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(phones[n].fd, (struct sockaddr *)&server, sizeof server) < 0) fail("connect");
    int on = 1;
    setsockopt(phones[n].fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(phones[n].fd, F_SETFL, O_NONBLOCK);
  }
  double started = now_ms();
  for (long n = 0; n < connections; n++) begin(&phones[n]);
  while (done < requests) {
    for (long n = 0; n < connections; n++) {
      Phone *phone = &phones[n];
      size_t total = phone->head_size + bytes;
      polls[n].fd = phone->busy ? phone->fd : -1;
      polls[n].events = phone->sent < total ? POLLIN | POLLOUT : POLLIN;
    }
    if (poll(polls, connections, 30000) <= 0) fail("no answer for 30 s");
    for (long n = 0; n < connections; n++) {
      if (polls[n].revents & POLLOUT) send_more(&phones[n]);
      if (polls[n].revents & (POLLIN | POLLHUP | POLLERR)) read_more(&phones[n]);
    }
  }
  double seconds = (now_ms() - started) / 1e3;
  qsort(latencies, done, sizeof *latencies, by_size);
  printf("{\"perSecond\":%.1f,\"p99Ms\":%.2f,\"failed\":%ld}\n", done / seconds, latencies[done * 99 / 100], failed);
  return 0;
}
