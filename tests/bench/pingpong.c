/* The round trips of kernels/network/pingpong in C: seconds of one way, least and median call. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    int rank, size = atoi(argv[1]), trips = atoi(argv[2]), calls = atoi(argv[3]);
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    size_t room = (size_t)(size + 64) / 64 * 64;
    char *to = aligned_alloc(64, room), *fro = aligned_alloc(64, room);
    double *seconds = malloc(calls * sizeof *seconds);
    memset(to, 1, room);
    memset(fro, 0, room);
    for (int call = -1; call < calls; call++) {
        MPI_Barrier(MPI_COMM_WORLD);
        double began = MPI_Wtime();
        for (int i = 0; i < trips; i++) {
            if (rank == 0) {
                MPI_Send(to, size, MPI_BYTE, 1, 0, MPI_COMM_WORLD);
                MPI_Recv(fro, size, MPI_BYTE, 1, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
            } else {
                MPI_Recv(fro, size, MPI_BYTE, 0, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
                MPI_Send(to, size, MPI_BYTE, 0, 0, MPI_COMM_WORLD);
            }
        }
        if (call >= 0) seconds[call] = (MPI_Wtime() - began) / (2.0 * trips);
    }
    qsort(seconds, calls, sizeof *seconds, ascending);
    if (rank == 0) printf("%.9e %.9e\n", seconds[0], seconds[calls / 2]);
    MPI_Finalize();
    return 0;
}
