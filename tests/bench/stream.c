/* The four loops of STREAM and a dot product in plain C: the peer of kernels/memory/stream/cpu.py.
 * gcc -O3 -march=native -fopenmp -shared -fPIC stream.c -o libstream.so */
#include <stddef.h>

void copy(double *c, const double *a, ptrdiff_t n, int threads)
{
#pragma omp parallel for num_threads(threads) schedule(static)
    for (ptrdiff_t i = 0; i < n; i++)
        c[i] = a[i];
}

void scale(double *b, const double *c, double s, ptrdiff_t n, int threads)
{
#pragma omp parallel for num_threads(threads) schedule(static)
    for (ptrdiff_t i = 0; i < n; i++)
        b[i] = s * c[i];
}

void add(double *c, const double *a, const double *b, ptrdiff_t n, int threads)
{
#pragma omp parallel for num_threads(threads) schedule(static)
    for (ptrdiff_t i = 0; i < n; i++)
        c[i] = a[i] + b[i];
}

void triad(double *a, const double *b, const double *c, double s, ptrdiff_t n, int threads)
{
#pragma omp parallel for num_threads(threads) schedule(static)
    for (ptrdiff_t i = 0; i < n; i++)
        a[i] = b[i] + s * c[i];
}

double dot(const double *a, const double *b, ptrdiff_t n, int threads)
{
    double sum = 0.0;
#pragma omp parallel for simd num_threads(threads) schedule(static) reduction(+ : sum)
    for (ptrdiff_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}
