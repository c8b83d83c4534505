/* The 7-point Jacobi step as one would write it in C: the yardstick of bench_jacobi3d.py.
 *
 * gcc -O3 -march=native -fopenmp -shared -fPIC jacobi3d.c -o libjacobi3d.so
 *
 * n x n x n points with zeros around them, in arrays of (n + 2)^3 numbers. Threads split z; the
 * innermost loop runs along x, which is contiguous in memory, and three planes of a tile of rows
 * stay in the caches. */

#include <stddef.h>

enum { TILE = 64 };

/* Take u one step further: the result is in new. */
static void step(double *restrict new, const double *restrict u, ptrdiff_t n, int threads)
{
    const ptrdiff_t row = n + 2, plane = row * row;

    #pragma omp parallel num_threads(threads)
    for (ptrdiff_t tile = 1; tile <= n; tile += TILE) {
        const ptrdiff_t end = tile + TILE <= n + 1 ? tile + TILE : n + 1;

        #pragma omp for schedule(static) nowait
        for (ptrdiff_t z = 1; z <= n; z++)
            for (ptrdiff_t y = tile; y < end; y++) {
                const double *c = u + z * plane + y * row;
                double *out = new + z * plane + y * row;
                for (ptrdiff_t x = 1; x <= n; x++)
                    out[x] = (c[x] + c[x - 1] + c[x + 1] + c[x - row] + c[x + row]
                              + c[x - plane] + c[x + plane]) * (1.0 / 7.0);
            }
    }
}

/* So many steps; returns the array that holds the last. */
double *jacobi3d(double *a, double *b, ptrdiff_t n, int steps, int threads)
{
    for (int i = 0; i < steps; i++) {
        step(b, a, n, threads);
        double *t = a;
        a = b;
        b = t;
    }
    return a;
}

/* Fill an array, each page by the thread that will use it. */
void fill(double *u, ptrdiff_t n, double value, int threads)
{
    const ptrdiff_t row = n + 2, plane = row * row;

    #pragma omp parallel for num_threads(threads) schedule(static)
    for (ptrdiff_t z = 0; z < n + 2; z++)
        for (ptrdiff_t i = 0; i < plane; i++) {
            const ptrdiff_t y = i / row, x = i % row;
            const int wall = z == 0 || z > n || y == 0 || y > n || x == 0 || x > n;
            u[z * plane + i] = wall ? 0.0 : value;
        }
}
