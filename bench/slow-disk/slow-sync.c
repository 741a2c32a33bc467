/* A slower disk, for LD_PRELOAD: each fdatasync and fsync first sleeps for BENCH_SYNC_DELAY_US microseconds. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

static void wait_first(void) {
  const char *delay = getenv("BENCH_SYNC_DELAY_US");
  if (delay != NULL) usleep((useconds_t)strtoul(delay, NULL, 10));
}

static int next(const char *name, int file) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  wait_first();
  return real(file);
}

int fdatasync(int file) { return next("fdatasync", file); }

int fsync(int file) { return next("fsync", file); }
