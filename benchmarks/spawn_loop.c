/* The floor of W3: start TOTAL processes, at most LIMIT at once, reap each; print the seconds. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static double now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec + at.tv_nsec / 1e9;
}

int main(int count, char **arguments) {
    if (count != 4) return 2;
    char *program = arguments[1];
    int total = atoi(arguments[2]), limit = atoi(arguments[3]);
    char *command[] = {program, NULL};
    int started = 0, ended = 0, status;
    double began = now();
    while (ended < total) {
        while (started < total && started - ended < limit) {
            pid_t child = vfork();
            if (child == 0) {
                execve(program, command, environ);
                _exit(127);
            }
            if (child < 0) return 3;
            started++;
        }
        if (waitpid(-1, &status, 0) < 0 || status != 0) return 4;
        ended++;
    }
    printf("%.9f\n", now() - began);
    return 0;
}
