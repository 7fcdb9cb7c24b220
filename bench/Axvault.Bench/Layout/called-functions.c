// Runs a program and writes the name of each of its functions once, when it is first called: a breakpoint at the start of each, gone at its first hit.
//   called-functions SYMBOLS OUT PROGRAM [ARGUMENT...]
// SYMBOLS has a line for each function, "ADDRESS NAME": hexadecimal, from the start of the file, in ascending order. Linux on x86-64 alone.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static const unsigned char breakpoint = 0xcc;

struct function {
    uint64_t address;
    char *name;
    unsigned char first_byte;
    int called;
};

static struct function *functions;
static size_t count;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void read_functions(const char *path) {
    FILE *file = fopen(path, "r");
    if (!file) fail(path);
    char *line = NULL;
    size_t size = 0, capacity = 0;
    while (getline(&line, &size, file) > 0) {
        char *name;
        uint64_t address = strtoull(line, &name, 16);
        name += strspn(name, " ");
        name[strcspn(name, "\n")] = 0;
        if (count > 0 && functions[count - 1].address == address) continue;
        if (count == capacity) functions = realloc(functions, (capacity = capacity ? capacity * 2 : 1024) * sizeof *functions);
        functions[count++] = (struct function){.address = address, .name = strdup(name)};
    }
    fclose(file);
}

static struct function *find(uint64_t address) {
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (functions[middle].address < address) low = middle + 1; else high = middle;
    }
    return low < count && functions[low].address == address ? &functions[low] : NULL;
}

static uint64_t load_address(pid_t pid, const char *program) {
    char maps[64], path[PATH_MAX], line[PATH_MAX + 256];
    snprintf(maps, sizeof maps, "/proc/%d/maps", pid);
    FILE *file = fopen(maps, "r");
    if (!file || !realpath(program, path)) fail(program);
    uint64_t address = 0;
    while (fgets(line, sizeof line, file)) {
        if (strstr(line, path)) {
            address = strtoull(line, NULL, 16);
            break;
        }
    }
    fclose(file);
    return address;
}

int main(int argc, char **argv) {
    if (argc < 4) {
        fputs("usage: called-functions SYMBOLS OUT PROGRAM [ARGUMENT...]\n", stderr);
        return 2;
    }
    read_functions(argv[1]);
    FILE *out = fopen(argv[2], "w");
    if (!out) fail(argv[2]);

    pid_t child = fork();
    if (child < 0) fail("fork");
    if (child == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        execv(argv[3], argv + 3);
        fail(argv[3]);
    }
    int status;
    if (waitpid(child, &status, 0) < 0 || !WIFSTOPPED(status)) fail(argv[3]);
    ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL);

    uint64_t base = load_address(child, argv[3]);
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/mem", child);
    int memory = open(path, O_RDWR);
    if (memory < 0) fail(path);
    for (size_t i = 0; i < count; i++) {
        if (pread(memory, &functions[i].first_byte, 1, (off_t)(base + functions[i].address)) != 1
            || pwrite(memory, &breakpoint, 1, (off_t)(base + functions[i].address)) != 1) fail(functions[i].name);
    }
    ptrace(PTRACE_CONT, child, 0, 0);

    pid_t thread;
    while ((thread = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
        if (thread < 0 || !WIFSTOPPED(status)) {
            if (thread == child && (WIFEXITED(status) || WIFSIGNALED(status))) break;
            continue;
        }
        int stop = WSTOPSIG(status), event = status >> 16;
        if (stop == SIGTRAP && event == 0) {
            struct user_regs_struct registers;
            ptrace(PTRACE_GETREGS, thread, 0, &registers);
            struct function *function = find(registers.rip - 1 - base);
            if (function) {
                if (!function->called) {
                    function->called = 1;
                    fprintf(out, "%s\n", function->name);
                    fflush(out);
                    if (pwrite(memory, &function->first_byte, 1, (off_t)(base + function->address)) != 1) fail(function->name);
                }
                registers.rip--;
                ptrace(PTRACE_SETREGS, thread, 0, &registers);
                stop = 0;
            }
        } else if (event != 0 || stop == SIGSTOP) {
            // A thread that starts, and that its parent has started one.
            stop = 0;
        }
        ptrace(PTRACE_CONT, thread, 0, (void *)(intptr_t)stop);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
