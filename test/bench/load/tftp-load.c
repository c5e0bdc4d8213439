/*
 * Many telephones that download one file by TFTP (RFC 1350, 2347, 2348, 7440), in one process on one core.
 *
 * They share a few sockets, and each has a loopback address of its own (127.1.B.C), given and read as a control message
 * (IP_PKTINFO): the server sees separate hosts, while datagrams are received and sent 64 at a time. The next download of a
 * telephone goes through the next socket, so from another port. Every byte is compared with the file. Prints one JSON
 * object.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 64, MAX_DATAGRAM = 65536, MAX_SLOTS = 65536, SOCKETS = 8, SWEEP_NS = 5000000 };

typedef struct {
  int active, answered;
  int socket;
  uint16_t server_port;
  long received, acked; /* blocks, absolute */
  int gap_reported;
  int64_t begun_ns, first_ns, heard_ns, wait_ns;
} Phone;

typedef struct {
  struct mmsghdr messages[BATCH];
  struct iovec parts[BATCH];
  struct sockaddr_in peers[BATCH];
  union {
    char bytes[CMSG_SPACE(sizeof(struct in_pktinfo))];
    struct cmsghdr align;
  } control[BATCH];
  unsigned char *bytes;
  size_t room;
} Batch;

static const char *host = "127.0.0.1", *file = NULL, *expected_path = NULL;
static long sessions = 1, total = 0, block_size = 512, window_size = 1;
static long drop_data_each = 0, drop_ack_each = 0, double_ack_each = 0, retry_ms = 1000, idle_ms = 8000, limit_ms = 20000;
static struct sockaddr_in server;
static unsigned char *expected;
static long expected_size, last_block;
static unsigned char request[600];
static size_t request_size;
static Phone *phones;
static Batch in, outs[SOCKETS];
static int out_counts[SOCKETS], socks[SOCKETS];
static long started, done, failed, requests_again, data_in, useful, stale, dropped, acks, wrong, errors;
static double *latencies, *firsts;

static int64_t now_ns(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec * 1000000000LL + at.tv_nsec;
}

static void die(const char *what) {
  perror(what);
  exit(1);
}

static void prepare(Batch *batch, size_t room) {
  batch->room = room;
  batch->bytes = malloc(room * BATCH);
  if (batch->bytes == NULL) die("malloc");
  for (int n = 0; n < BATCH; n++) {
    struct msghdr *header = &batch->messages[n].msg_hdr;
    batch->parts[n] = (struct iovec){batch->bytes + n * room, room};
    header->msg_iov = &batch->parts[n];
    header->msg_iovlen = 1;
    header->msg_name = &batch->peers[n];
    header->msg_control = batch->control[n].bytes;
  }
}

static void flush_one(int which) {
  for (int sent = 0; sent < out_counts[which];) {
    int count = sendmmsg(socks[which], outs[which].messages + sent, (unsigned)(out_counts[which] - sent), 0);
    if (count > 0) sent += count;
    else if (errno != EINTR && errno != EAGAIN && errno != ENOBUFS) die("sendmmsg");
  }
  out_counts[which] = 0;
}

static void flush_out(void) {
  for (int which = 0; which < SOCKETS; which++) flush_one(which);
}

static void send_to(long slot, uint16_t port, const void *bytes, size_t size) {
  int which = phones[slot].socket;
  if (out_counts[which] == BATCH) flush_one(which);
  Batch *out = &outs[which];
  int n = out_counts[which]++;
  memcpy(out->bytes + n * out->room, bytes, size);
  out->parts[n].iov_len = size;
  out->peers[n] = server;
  out->peers[n].sin_port = port;
  struct msghdr *header = &out->messages[n].msg_hdr;
  header->msg_namelen = sizeof(struct sockaddr_in);
  header->msg_controllen = sizeof(out->control[n].bytes);
  struct cmsghdr *control = CMSG_FIRSTHDR(header);
  control->cmsg_level = IPPROTO_IP;
  control->cmsg_type = IP_PKTINFO;
  control->cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo));
  struct in_pktinfo from = {0};
  from.ipi_spec_dst.s_addr = htonl(0x7f010000u | (uint32_t)slot);
  memcpy(CMSG_DATA(control), &from, sizeof from);
}

static void ask(long slot, int64_t now) {
  Phone *phone = &phones[slot];
  send_to(slot, server.sin_port, request, request_size);
  phone->heard_ns = now;
}

static void acknowledge(long slot, long block) {
  Phone *phone = &phones[slot];
  unsigned char bytes[4] = {0, 4, (unsigned char)(block >> 8), (unsigned char)block};
  phone->acked = block;
  acks++;
  if (drop_ack_each > 0 && acks % drop_ack_each == 0) return;
  send_to(slot, phone->server_port, bytes, sizeof bytes);
  if (double_ack_each > 0 && acks % double_ack_each == 0) send_to(slot, phone->server_port, bytes, sizeof bytes);
}

static void begin(long slot, int64_t now) {
  Phone *phone = &phones[slot];
  *phone = (Phone){.active = 1, .socket = (phone->socket + 1) % SOCKETS, .begun_ns = now, .wait_ns = retry_ms * 1000000};
  started++;
  ask(slot, now);
}

static void end(long slot, int good, int64_t now) {
  Phone *phone = &phones[slot];
  phone->active = 0;
  /* One that fails counts with all the time that it has waited. */
  long ended = done + failed;
  latencies[ended] = (double)(now - phone->begun_ns) / 1e6;
  firsts[ended] = (double)((phone->answered ? phone->first_ns : now) - phone->begun_ns) / 1e6;
  if (good) done++;
  else failed++;
  if (started < total) begin(slot, now);
}

static void on_data(long slot, const unsigned char *bytes, long size, int64_t now) {
  Phone *phone = &phones[slot];
  long number = bytes[2] << 8 | bytes[3];
  long ahead = (number - phone->received) & 0xffff;
  data_in++;
  if (drop_data_each > 0 && data_in % drop_data_each == 0) {
    dropped++;
    return;
  }
  phone->heard_ns = now;
  if (ahead != 1) {
    stale++;
    int gap = ahead > 0 && ahead <= window_size && !phone->gap_reported;
    int ack_lost = ahead == 0 && phone->acked == phone->received;
    if (gap) phone->gap_reported = 1;
    if (gap || ack_lost) acknowledge(slot, phone->received);
    return;
  }
  long offset = phone->received * block_size;
  long want = phone->received + 1 == last_block ? expected_size - offset : block_size;
  if (size - 4 != want || memcmp(bytes + 4, expected + offset, (size_t)want) != 0) {
    wrong++;
    end(slot, 0, now);
    return;
  }
  useful++;
  phone->received++;
  phone->gap_reported = 0;
  if (phone->received == last_block) {
    acknowledge(slot, phone->received);
    end(slot, 1, now);
  } else if (phone->received - phone->acked >= window_size) {
    acknowledge(slot, phone->received);
  }
}

/** What the server agreed to must be what was asked for: else the figures would compare different things. */
static int agreed(const unsigned char *bytes, long size) {
  long block = 512, window = 1;
  const char *at = (const char *)bytes + 2, *limit = (const char *)bytes + size;
  while (at < limit) {
    const char *value = at + strnlen(at, (size_t)(limit - at)) + 1;
    if (value >= limit) break;
    if (strcasecmp(at, "blksize") == 0) block = atol(value);
    if (strcasecmp(at, "windowsize") == 0) window = atol(value);
    at = value + strnlen(value, (size_t)(limit - value)) + 1;
  }
  return block == block_size && window == window_size;
}

static void on_datagram(int which, const struct mmsghdr *message, const unsigned char *bytes, int64_t now) {
  const struct msghdr *header = &message->msg_hdr;
  long size = message->msg_len;
  const struct cmsghdr *control = CMSG_FIRSTHDR(header);
  if (control == NULL || size < 4) return;
  struct in_pktinfo to;
  memcpy(&to, CMSG_DATA(control), sizeof to);
  uint32_t address = ntohl(to.ipi_addr.s_addr);
  long slot = address & 0xffff;
  if (slot >= sessions) return;
  Phone *phone = &phones[slot];
  if (!phone->active || phone->socket != which) return;
  uint16_t from = ((const struct sockaddr_in *)header->msg_name)->sin_port;
  if (phone->answered && from != phone->server_port) return;
  int opcode = bytes[1];
  if (opcode == 5) {
    errors++;
    if (errors <= 3) fprintf(stderr, "error %d: %.*s\n", bytes[3], (int)size - 4, (const char *)bytes + 4);
    end(slot, 0, now);
    return;
  }
  if (!phone->answered) {
    phone->answered = 1;
    phone->server_port = from;
    phone->first_ns = now;
    phone->wait_ns = idle_ms * 1000000;
    if (opcode == 3 && (block_size != 512 || window_size != 1)) {
      fprintf(stderr, "the server knows no options\n");
      exit(3);
    }
  }
  if (opcode == 6) {
    if (!agreed(bytes, size)) {
      fprintf(stderr, "the server did not agree to the options\n");
      exit(3);
    }
    phone->heard_ns = now;
    if (phone->received == 0) acknowledge(slot, 0);
  } else if (opcode == 3) {
    on_data(slot, bytes, size, now);
  }
}

static void sweep(int64_t now) {
  for (long slot = 0; slot < sessions; slot++) {
    Phone *phone = &phones[slot];
    if (!phone->active) continue;
    if (now - phone->begun_ns > limit_ms * 1000000) {
      end(slot, 0, now);
    } else if (now - phone->heard_ns > phone->wait_ns) {
      if (phone->answered) {
        phone->heard_ns = now;
        acknowledge(slot, phone->received);
      } else {
        requests_again++;
        phone->wait_ns *= 2;
        ask(slot, now);
      }
    }
  }
  flush_out();
}

static void receive(int which, int64_t *now) {
  for (int rounds = 0; rounds < 16; rounds++) {
    for (int n = 0; n < BATCH; n++) {
      in.messages[n].msg_hdr.msg_namelen = sizeof(struct sockaddr_in);
      in.messages[n].msg_hdr.msg_controllen = sizeof(in.control[n].bytes);
    }
    int count = recvmmsg(socks[which], in.messages, BATCH, MSG_DONTWAIT, NULL);
    if (count <= 0) return;
    *now = now_ns();
    for (int n = 0; n < count; n++) on_datagram(which, &in.messages[n], in.bytes + n * in.room, *now);
    flush_out();
    if (count < BATCH) return;
  }
}

static void read_expected(void) {
  FILE *stream = fopen(expected_path, "rb");
  if (stream == NULL) die(expected_path);
  fseek(stream, 0, SEEK_END);
  expected_size = ftell(stream);
  rewind(stream);
  expected = malloc((size_t)expected_size + 1);
  if (expected == NULL || fread(expected, 1, (size_t)expected_size, stream) != (size_t)expected_size) die(expected_path);
  fclose(stream);
  last_block = expected_size / block_size + 1;
}

static void add_field(const char *text) {
  size_t size = strlen(text) + 1;
  if (request_size + size > sizeof request) die("the request is too long");
  memcpy(request + request_size, text, size);
  request_size += size;
}

static void write_request(void) {
  char number[32];
  request[1] = 1;
  request_size = 2;
  add_field(file);
  add_field("octet");
  add_field("tsize");
  add_field("0");
  add_field("blksize");
  snprintf(number, sizeof number, "%ld", block_size);
  add_field(number);
  if (window_size == 1) return;
  add_field("windowsize");
  snprintf(number, sizeof number, "%ld", window_size);
  add_field(number);
}

static int open_socket(void) {
  int sock = socket(AF_INET, SOCK_DGRAM, 0);
  int on = 1, bytes = 128 * 1024 * 1024;
  struct sockaddr_in any = {.sin_family = AF_INET};
  if (sock < 0 || bind(sock, (struct sockaddr *)&any, sizeof any) < 0) die("bind");
  if (setsockopt(sock, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) < 0) die("IP_PKTINFO");
  if (setsockopt(sock, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) < 0)
    setsockopt(sock, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  if (setsockopt(sock, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes) < 0)
    setsockopt(sock, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
  return sock;
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double percentile(const double *sorted, double share) {
  long index = (long)(share * (double)total + 0.999999) - 1;
  return sorted[index < 0 ? 0 : index >= total ? total - 1 : index];
}

static void read_options(int argc, char **argv) {
  static const struct option known[] = {
      {"host", 1, NULL, 'h'},      {"port", 1, NULL, 'p'},       {"file", 1, NULL, 'f'},       {"expect", 1, NULL, 'e'},
      {"sessions", 1, NULL, 's'},  {"total", 1, NULL, 't'},      {"blksize", 1, NULL, 'b'},    {"windowsize", 1, NULL, 'w'},
      {"drop-data", 1, NULL, 'd'}, {"drop-acks", 1, NULL, 'D'},  {"double-acks", 1, NULL, 'a'}, {"retry-ms", 1, NULL, 'r'},
      {"idle-ms", 1, NULL, 'i'},   {"limit-ms", 1, NULL, 'l'},   {NULL, 0, NULL, 0}};
  server.sin_family = AF_INET;
  for (int option; (option = getopt_long(argc, argv, "", known, NULL)) != -1;) {
    switch (option) {
      case 'h': host = optarg; break;
      case 'p': server.sin_port = htons((uint16_t)atoi(optarg)); break;
      case 'f': file = optarg; break;
      case 'e': expected_path = optarg; break;
      case 's': sessions = atol(optarg); break;
      case 't': total = atol(optarg); break;
      case 'b': block_size = atol(optarg); break;
      case 'w': window_size = atol(optarg); break;
      case 'd': drop_data_each = atol(optarg); break;
      case 'D': drop_ack_each = atol(optarg); break;
      case 'a': double_ack_each = atol(optarg); break;
      case 'r': retry_ms = atol(optarg); break;
      case 'i': idle_ms = atol(optarg); break;
      case 'l': limit_ms = atol(optarg); break;
      default: exit(2);
    }
  }
  if (total < sessions) total = sessions;
  if (file == NULL || expected_path == NULL || server.sin_port == 0 || sessions < 1 || sessions > MAX_SLOTS ||
      block_size < 8 || block_size > 65464 || window_size < 1 || inet_pton(AF_INET, host, &server.sin_addr) != 1) {
    fprintf(stderr, "needs --host --port --file --expect, and numbers within their bounds\n");
    exit(2);
  }
}

int main(int argc, char **argv) {
  read_options(argc, argv);
  read_expected();
  write_request();
  struct pollfd ready[SOCKETS];
  for (int which = 0; which < SOCKETS; which++) {
    socks[which] = open_socket();
    ready[which] = (struct pollfd){.fd = socks[which], .events = POLLIN};
    prepare(&outs[which], sizeof request);
  }
  prepare(&in, (size_t)block_size + 512 > MAX_DATAGRAM ? MAX_DATAGRAM : (size_t)block_size + 512);
  phones = calloc((size_t)sessions, sizeof *phones);
  latencies = calloc((size_t)total, sizeof *latencies);
  firsts = calloc((size_t)total, sizeof *firsts);
  if (phones == NULL || latencies == NULL || firsts == NULL) die("calloc");

  int64_t begun = now_ns(), now = begun, swept = begun;
  for (long slot = 0; slot < sessions; slot++) begin(slot, now_ns());
  flush_out();
  while (done + failed < total) {
    poll(ready, SOCKETS, 5);
    for (int which = 0; which < SOCKETS; which++)
      if (ready[which].revents & POLLIN) receive(which, &now);
    now = now_ns();
    if (now - swept < SWEEP_NS) continue;
    sweep(now);
    swept = now;
  }

  double seconds = (double)(now - begun) / 1e9;
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  double busy = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
  qsort(latencies, (size_t)total, sizeof *latencies, by_value);
  qsort(firsts, (size_t)total, sizeof *firsts, by_value);
  printf("{\"done\":%ld,\"failed\":%ld,\"seconds\":%.6f,\"busy\":%.3f,\"mibPerS\":%.3f,\"transfersPerS\":%.1f,"
         "\"requestsAgain\":%ld,\"data\":%ld,\"useful\":%ld,\"stale\":%ld,\"dropped\":%ld,\"acks\":%ld,\"wrong\":%ld,"
         "\"p50\":%.3f,\"p99\":%.3f,\"max\":%.3f,\"firstP99\":%.3f}\n",
         done, failed, seconds, busy / seconds, (double)done * (double)expected_size / 1048576 / seconds,
         (double)done / seconds, requests_again, data_in, useful, stale, dropped, acks, wrong, percentile(latencies, 0.5),
         percentile(latencies, 0.99), percentile(latencies, 1), percentile(firsts, 0.99));
  return 0;
}
