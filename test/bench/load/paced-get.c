/*
 * Clients that fetch one thing at a steady pace on kept connections, whatever becomes of the questions before.
 *
 * usage: paced-get PORT PATH PER_SECOND SECONDS
 * Prints the microseconds from the moment at which each question was due to the last byte of its answer, one a line: who waits behind a
 * slow answer counts that, too. Any answer but 200 with a length, and any broken connection, ends it with status 1.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS 40

static int port;
static char question[1024];
static long per_second, wanted, *took;
static struct timespec begun;

static void fail(const char *what) {
  fprintf(stderr, "paced-get: %s\n", what);
  exit(1);
}

static long since(struct timespec due) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (now.tv_sec - due.tv_sec) * 1000000L + (now.tv_nsec - due.tv_nsec) / 1000;
}

static int open_connection(void) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0) fail("cannot connect");
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

/* Returns -1 when the server had closed the connection, which it may between two questions. */
static int ask(int fd) {
  static __thread char buffer[65536];
  size_t length = strlen(question);
  if (send(fd, question, length, MSG_NOSIGNAL) != (ssize_t)length) return -1;
  size_t have = 0;
  char *body = NULL;
  while (body == NULL) {
    ssize_t n = recv(fd, buffer + have, sizeof buffer - 1 - have, 0);
    if (n <= 0) return -1;
    have += n;
    buffer[have] = 0;
    body = strstr(buffer, "\r\n\r\n");
  }
  char *size = strcasestr(buffer, "\r\ncontent-length:");
  if (strncmp(buffer, "HTTP/1.1 200", 12) != 0 || size == NULL || size > body) fail(buffer);
  long left = atol(size + 17) - (long)(have - (body + 4 - buffer));
  while (left > 0) {
    ssize_t n = recv(fd, buffer, sizeof buffer, 0);
    if (n <= 0) fail("an answer was cut");
    left -= n;
  }
  return 0;
}

static void *client(void *number) {
  int fd = open_connection();
  for (long n = (long)number; n < wanted; n += CONNECTIONS) {
    long nanos = begun.tv_nsec + n % per_second * (1000000000L / per_second);
    struct timespec due = {begun.tv_sec + n / per_second + nanos / 1000000000L, nanos % 1000000000L};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
    if (ask(fd) != 0) {
      close(fd);
      fd = open_connection();
      if (ask(fd) != 0) fail("no answer");
    }
    took[n] = since(due);
  }
  close(fd);
  return NULL;
}

int main(int count, char **words) {
  if (count != 5) fail("usage: paced-get PORT PATH PER_SECOND SECONDS");
  port = atoi(words[1]);
  per_second = atol(words[3]);
  wanted = per_second * atol(words[4]);
  took = calloc(wanted, sizeof *took);
  snprintf(question, sizeof question,
    "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\n\r\n", words[2]);
  clock_gettime(CLOCK_MONOTONIC, &begun);
  begun.tv_sec += 1;
  pthread_t threads[CONNECTIONS];
  for (long n = 0; n < CONNECTIONS; n++) pthread_create(&threads[n], NULL, client, (void *)n);
  for (long n = 0; n < CONNECTIONS; n++) pthread_join(threads[n], NULL);
  for (long n = 0; n < wanted; n++) printf("%ld\n", took[n]);
  return 0;
}
