// Sample sort with std::sort and MPI, as one would write it: sort locally, cut at splitters from
// regular samples, exchange, merge what came. usage: sort int64|record ROWS; for each line on its
// standard input it sorts once and prints the seconds. Keys are random; records have 100 bytes.

#include <mpi.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <unistd.h>
#include <vector>

struct Record {
    unsigned char bytes[100];
    bool operator<(const Record &other) const { return std::memcmp(bytes, other.bytes, 10) < 0; }
};

static uint64_t random_bits(uint64_t i) {
    uint64_t z = (i + 1) * 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static void fill(int64_t &row, uint64_t i) { row = static_cast<int64_t>(random_bits(i)); }

static void fill(Record &row, uint64_t i) {
    uint64_t bits = random_bits(i);
    std::memset(row.bytes, ' ', sizeof row.bytes);
    for (int k = 0; k < 10; k++, bits /= 95) row.bytes[9 - k] = 32 + bits % 95;
    std::memcpy(row.bytes + 12, &i, sizeof i);
}

static std::vector<int> starts(const std::vector<int> &counts) {
    std::vector<int> places(counts.size(), 0);
    for (size_t r = 1; r < counts.size(); r++) places[r] = places[r - 1] + counts[r - 1];
    return places;
}

template <class Row> static void sort_all(std::vector<Row> &rows, std::vector<Row> &result) {
    int ranks;
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    MPI_Datatype item;
    MPI_Type_contiguous(sizeof(Row), MPI_BYTE, &item);
    MPI_Type_commit(&item);
    std::sort(rows.begin(), rows.end());

    const int draws = 64 * ranks;
    std::vector<Row> sample(draws), all(draws * ranks);
    for (int i = 0; i < draws; i++) sample[i] = rows[rows.size() * i / draws];
    MPI_Allgather(sample.data(), draws, item, all.data(), draws, item, MPI_COMM_WORLD);
    std::sort(all.begin(), all.end());

    std::vector<int> counts(ranks), received(ranks);
    auto begin = rows.begin();
    for (int r = 0; r < ranks; r++) {
        auto end = r + 1 == ranks ? rows.end()
                                  : std::lower_bound(begin, rows.end(), all[(r + 1) * draws]);
        counts[r] = end - begin;
        begin = end;
    }
    MPI_Alltoall(counts.data(), 1, MPI_INT, received.data(), 1, MPI_INT, MPI_COMM_WORLD);
    auto to = starts(counts), from = starts(received);
    result.resize(from.back() + received.back());
    MPI_Alltoallv(rows.data(), counts.data(), to.data(), item, result.data(), received.data(),
                  from.data(), item, MPI_COMM_WORLD);
    for (int step = 1; step < ranks; step *= 2)
        for (int r = 0; r + step < ranks; r += 2 * step) {
            auto last = r + 2 * step < ranks ? result.begin() + from[r + 2 * step] : result.end();
            std::inplace_merge(result.begin() + from[r], result.begin() + from[r + step], last);
        }
    MPI_Type_free(&item);
}

// A rank that waits sleeps: what is raced in turns may have all cores.
static bool told(int rank, int ranks) {
    int go = 0;
    if (rank == 0) {
        go = std::getchar() == '\n';
        for (int r = 1; r < ranks; r++) MPI_Send(&go, 1, MPI_INT, r, 0, MPI_COMM_WORLD);
        return go;
    }
    for (int there = 0; !there; usleep(2000))
        MPI_Iprobe(0, 0, MPI_COMM_WORLD, &there, MPI_STATUS_IGNORE);
    MPI_Recv(&go, 1, MPI_INT, 0, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    return go;
}

template <class Row> static void serve(uint64_t n) {
    int rank, ranks;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    const uint64_t first = n * rank / ranks, last = n * (rank + 1) / ranks;
    std::vector<Row> rows(last - first), result;
    result.reserve(rows.size() + rows.size() / 8);
    while (told(rank, ranks)) {
        for (uint64_t i = first; i < last; i++) fill(rows[i - first], i);
        MPI_Barrier(MPI_COMM_WORLD);
        double mine = -MPI_Wtime(), seconds;
        sort_all(rows, result);
        mine += MPI_Wtime();
        MPI_Reduce(&mine, &seconds, 1, MPI_DOUBLE, MPI_MAX, 0, MPI_COMM_WORLD);
        if (!std::is_sorted(result.begin(), result.end())) MPI_Abort(MPI_COMM_WORLD, 1);
        if (rank == 0) {
            std::printf("%.9f\n", seconds);
            std::fflush(stdout);
        }
    }
}

int main(int argc, char **argv) {
    MPI_Init(&argc, &argv);
    const uint64_t n = std::stoull(argv[2]);
    if (std::string(argv[1]) == "record")
        serve<Record>(n);
    else
        serve<int64_t>(n);
    MPI_Finalize();
}
