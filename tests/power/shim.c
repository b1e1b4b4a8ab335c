/* A layer between a process and its disk, for tests: preloaded (LD_PRELOAD), it sees every call that changes files in
 * one directory.
 *
 * POWER_DIRECTORY   the directory; files elsewhere are not touched
 * POWER_LOG         every change is appended to this file, in order: what a disk was told, from which tests/it/power
 *                   derives what it would hold after a power cut at any moment
 * POWER_SWITCHES    a directory; while a file of that name is in it
 *     full          a write that makes a file longer fails with ENOSPC
 *     sick          a sync fails with EIO
 *     slow          a sync takes 300 ms longer, or POWER_SLOW_MS
 *     read-only     opening for writing fails with EROFS
 *
 * A record: kind (1 byte), length of the name (4), offset (8), length of the data (8), name, data. Numbers are little
 * endian. Kinds: C created, W written, T truncated to offset, S synced, D directory synced, U unlinked, R renamed (the
 * data is the new name).
 *
 * Memory maps are not seen: of SQLite's files only the -shm is mapped, and nothing of that has to survive.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define FILES 4096

static char directory[PATH_MAX], switches[PATH_MAX];
static int journal = -1;
static long slow_ms = 300;
static char *names[FILES];
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

static int (*real_open)(const char *, int, ...);
static int (*real_close)(int);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off64_t);
static int (*real_ftruncate)(int, off64_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_unlink)(const char *);
static int (*real_rename)(const char *, const char *);

static void *next(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) {
        fprintf(stderr, "power: no %s\n", name);
        _exit(99);
    }
    return found;
}

__attribute__((constructor)) static void begin(void) {
    real_open = next("open64");
    real_close = next("close");
    real_write = next("write");
    real_pwrite = next("pwrite64");
    real_ftruncate = next("ftruncate64");
    real_fsync = next("fsync");
    real_fdatasync = next("fdatasync");
    real_unlink = next("unlink");
    real_rename = next("rename");
    const char *where = getenv("POWER_DIRECTORY"), *log = getenv("POWER_LOG"), *on = getenv("POWER_SWITCHES");
    if (where && !realpath(where, directory)) _exit(98);
    if (on && !realpath(on, switches)) _exit(98);
    if (getenv("POWER_SLOW_MS")) slow_ms = atol(getenv("POWER_SLOW_MS"));
    if (log) journal = real_open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int is_on(const char *name) {
    char path[PATH_MAX];
    if (!switches[0] || snprintf(path, sizeof path, "%s/%s", switches, name) >= (int)sizeof path) return 0;
    return access(path, F_OK) == 0;
}

/* The name inside the directory, "." for itself, nothing for what is elsewhere. */
static const char *inside(const char *path) {
    static __thread char whole[PATH_MAX];
    char parent[PATH_MAX];
    if (!directory[0] || !path) return NULL;
    if (!realpath(path, whole)) {
        const char *slash = strrchr(path, '/');
        size_t length = slash ? (size_t)(slash - path) : 0;
        if (length >= sizeof parent) return NULL;
        memcpy(parent, path, length);
        parent[length] = 0;
        if (!realpath(slash ? (length ? parent : "/") : ".", whole)) return NULL;
        if (strlen(whole) + strlen(path) + 2 > sizeof whole) return NULL;
        strcat(whole, "/");
        strcat(whole, slash ? slash + 1 : path);
    }
    size_t length = strlen(directory);
    if (strncmp(whole, directory, length)) return NULL;
    if (!whole[length]) return ".";
    return whole[length] == '/' ? whole + length + 1 : NULL;
}

static void put(const void *bytes, size_t length) {
    const char *at = bytes;
    while (length) {
        ssize_t done = real_write(journal, at, length);
        if (done <= 0) _exit(97);
        at += done;
        length -= (size_t)done;
    }
}

static void note(char kind, const char *name, uint64_t offset, const void *data, uint64_t length) {
    if (journal < 0) return;
    unsigned char head[21];
    uint32_t name_length = (uint32_t)strlen(name);
    head[0] = (unsigned char)kind;
    memcpy(head + 1, &name_length, 4);
    memcpy(head + 5, &offset, 8);
    memcpy(head + 13, &length, 8);
    put(head, sizeof head);
    put(name, name_length);
    put(data, length);
}

static const char *name_of(int fd) { return fd >= 0 && fd < FILES ? names[fd] : NULL; }

static int opened(const char *path, int flags, mode_t mode) {
    const char *name = inside(path);
    if (!name) return real_open(path, flags, mode);
    int writes = (flags & O_ACCMODE) != O_RDONLY;
    if (writes && is_on("read-only")) {
        errno = EROFS;
        return -1;
    }
    pthread_mutex_lock(&turn);
    int there = access(path, F_OK) == 0;
    int fd = real_open(path, flags, mode);
    int problem = errno;
    if (fd >= 0 && fd < FILES) {
        free(names[fd]);
        names[fd] = strdup(name);
        if (!there) note('C', name, 0, "", 0);
        if (there && writes && (flags & O_TRUNC)) note('T', name, 0, "", 0);
    }
    pthread_mutex_unlock(&turn);
    errno = problem;
    return fd;
}

static mode_t mode_of(int flags, va_list rest) { return flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; }

#define OPENS(NAME)                                  \
    int NAME(const char *path, int flags, ...) {     \
        va_list rest;                                \
        va_start(rest, flags);                       \
        mode_t mode = mode_of(flags, rest);          \
        va_end(rest);                                \
        return opened(path, flags, mode);            \
    }
OPENS(open)
OPENS(open64)

int close(int fd) {
    pthread_mutex_lock(&turn);
    if (fd >= 0 && fd < FILES && names[fd]) {
        free(names[fd]);
        names[fd] = NULL;
    }
    pthread_mutex_unlock(&turn);
    return real_close(fd);
}

/* Whether a write may be made: not where the disk is full and the file grows. */
static int has_room(int fd, off64_t offset, size_t length) {
    struct stat now;
    if (!is_on("full")) return 1;
    if (fstat(fd, &now) == 0 && offset + (off64_t)length <= now.st_size) return 1;
    errno = ENOSPC;
    return 0;
}

static ssize_t written(int fd, const void *data, size_t length, off64_t offset, int moves) {
    const char *name = name_of(fd);
    if (!name) return moves ? real_write(fd, data, length) : real_pwrite(fd, data, length, offset);
    pthread_mutex_lock(&turn);
    if (moves) offset = lseek64(fd, 0, fcntl(fd, F_GETFL) & O_APPEND ? SEEK_END : SEEK_CUR);
    ssize_t done = -1;
    if (has_room(fd, offset, length)) done = moves ? real_write(fd, data, length) : real_pwrite(fd, data, length, offset);
    int problem = errno;
    if (done > 0) note('W', name, (uint64_t)offset, data, (uint64_t)done);
    pthread_mutex_unlock(&turn);
    errno = problem;
    return done;
}

ssize_t write(int fd, const void *data, size_t length) { return written(fd, data, length, 0, 1); }
ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) { return written(fd, data, length, offset, 0); }
ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) { return written(fd, data, length, offset, 0); }

static int truncated(int fd, off64_t length) {
    const char *name = name_of(fd);
    if (!name) return real_ftruncate(fd, length);
    pthread_mutex_lock(&turn);
    int done = real_ftruncate(fd, length), problem = errno;
    if (done == 0) note('T', name, (uint64_t)length, "", 0);
    pthread_mutex_unlock(&turn);
    errno = problem;
    return done;
}

int ftruncate(int fd, off_t length) { return truncated(fd, length); }
int ftruncate64(int fd, off64_t length) { return truncated(fd, length); }

static int synced(int fd, int (*real)(int)) {
    const char *name = name_of(fd);
    if (!name) return real(fd);
    if (is_on("slow")) {
        struct timespec pause = { slow_ms / 1000, slow_ms % 1000 * 1000 * 1000 };
        nanosleep(&pause, NULL);
    }
    if (is_on("sick")) {
        errno = EIO;
        return -1;
    }
    pthread_mutex_lock(&turn);
    int done = real(fd), problem = errno;
    if (done == 0) note(strcmp(name, ".") ? 'S' : 'D', name, 0, "", 0);
    pthread_mutex_unlock(&turn);
    errno = problem;
    return done;
}

int fsync(int fd) { return synced(fd, real_fsync); }
int fdatasync(int fd) { return synced(fd, real_fdatasync); }

int unlink(const char *path) {
    const char *name = inside(path);
    char kept[PATH_MAX];
    if (!name) return real_unlink(path);
    snprintf(kept, sizeof kept, "%s", name);
    pthread_mutex_lock(&turn);
    int done = real_unlink(path), problem = errno;
    if (done == 0) note('U', kept, 0, "", 0);
    pthread_mutex_unlock(&turn);
    errno = problem;
    return done;
}

int rename(const char *from, const char *to) {
    char old[PATH_MAX], new[PATH_MAX];
    const char *name = inside(from);
    if (!name) return real_rename(from, to);
    snprintf(old, sizeof old, "%s", name);
    name = inside(to);
    snprintf(new, sizeof new, "%s", name ? name : "");
    pthread_mutex_lock(&turn);
    int done = real_rename(from, to), problem = errno;
    if (done == 0) note('R', old, 0, new, strlen(new));
    pthread_mutex_unlock(&turn);
    errno = problem;
    return done;
}
