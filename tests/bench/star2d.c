/* The star stencil of the Parallel Research Kernels in plain C: the peer of
 * kernels/stencil/star2d/cpu.py. Two loops over the rows an iteration: the stencil, then the
 * increment. The radius is known to the compiler, as in a generated kernel.
 * gcc -O3 -march=native -fopenmp -shared -fPIC -DRADIUS=2 star2d.c -o libstar2d.so */
#include <stddef.h>

void iterate(const ptrdiff_t n, double *restrict in, double *restrict out, int steps, int threads)
{
#pragma omp parallel num_threads(threads)
    for (int step = 0; step < steps; step++) {
#pragma omp for schedule(static)
        for (ptrdiff_t y = RADIUS; y < n - RADIUS; y++)
            for (ptrdiff_t x = RADIUS; x < n - RADIUS; x++) {
                const double *p = in + y * n + x;
                double sum = 0.0;
                for (int k = 1; k <= RADIUS; k++)
                    sum += (p[k] - p[-k] + p[k * n] - p[-k * n]) * (1.0 / (2 * k * RADIUS));
                out[y * n + x] += sum;
            }
#pragma omp for schedule(static)
        for (ptrdiff_t y = 0; y < n; y++)
            for (ptrdiff_t x = 0; x < n; x++)
                in[y * n + x] += 1.0;
    }
}
