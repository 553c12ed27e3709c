/* The sums of SSIM over the positions of an 11 x 11 window, in float32 on a processor: what shares.py computes from
 * torch's blurs, in one pass over both images. That code stays the reference, and the path for gradients and for GPUs.
 *
 * A tile of a band of rows is worked on at a time: the last 11 rows of its four maps (sum and difference of the images,
 * less a constant near their mean, and their squares) stay in the first-level cache. Its loops have constant lengths,
 * and what lies beyond the image is left out of the last sums only: so a compiler makes vectors of them unasked.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <string.h>

enum { TAPS = 11, BAND = 64, TILE = 96, WIDTH = TILE + 16, MAPS = 4, SUMS = 3 };

#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12
/* the widest vectors of the machine that runs this, not of the one that compiled it */
#define EACH_PROCESSOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define EACH_PROCESSOR
#endif

typedef struct {
    float taps[TAPS]; /* symmetric */
    float c1, c2, zero;
} Shares;

/* the weighted sum of eleven values; AT(k) is the k-th */
#define BLUR                                                                                            \
    (taps[0] * (AT(0) + AT(10)) + taps[1] * (AT(1) + AT(9)) + taps[2] * (AT(2) + AT(8)) +               \
     taps[3] * (AT(3) + AT(7)) + taps[4] * (AT(4) + AT(6)) + taps[5] * AT(5))

static inline void blur_down(const float (*const rows[TAPS])[WIDTH], const float *taps, float *restrict result)
{
    const float *restrict r0 = *rows[0], *restrict r1 = *rows[1], *restrict r2 = *rows[2], *restrict r3 = *rows[3],
                *restrict r4 = *rows[4], *restrict r5 = *rows[5], *restrict r6 = *rows[6], *restrict r7 = *rows[7],
                *restrict r8 = *rows[8], *restrict r9 = *rows[9], *restrict r10 = *rows[10];
#define AT(k) r##k[x]
    for (int x = 0; x < WIDTH; x++)
        result[x] = BLUR;
#undef AT
}

static inline void blur_across(const float *restrict row, const float *taps, float *restrict result)
{
#define AT(k) row[x + k]
    for (int x = 0; x < TILE; x++)
        result[x] = BLUR;
#undef AT
}

/* Constants near the means of sum and difference, from every eighth pixel of every eighth row: any would do. */
static void find_levels(const float *real, const float *fake, Py_ssize_t stride, int rows, int columns, float levels[2])
{
    double real_sum = 0, fake_sum = 0;
    int n = 0;
    for (int row = 0; row < rows; row += 8)
        for (int x = 0; x < columns; x += 8, n++) {
            real_sum += real[row * stride + x];
            fake_sum += fake[row * stride + x];
        }
    levels[0] = (float)((real_sum + fake_sum) / n);
    levels[1] = (float)((real_sum - fake_sum) / n);
}

/* Add the differences' shares in means and in variances, and the products of both, of one tile to `sums`. */
EACH_PROCESSOR
static void sum_tile(const float *real, const float *fake, Py_ssize_t stride, int rows, int positions,
                     const Shares *shares, double sums[SUMS])
{
    float ring[TAPS][MAPS][WIDTH], down[WIDTH], both[MAPS][TILE], levels[2], taps[TAPS];
    float in_means[TILE] = {0}, in_variances[TILE] = {0}, in_both[TILE] = {0};
    const int columns = positions + TAPS - 1;

    find_levels(real, fake, stride, rows + TAPS - 1, columns, levels);
    const float c1 = 2 * shares->c1, c2 = 2 * shares->c2, zero = 2 * shares->zero;
    memcpy(taps, shares->taps, sizeof taps);
    memset(ring, 0, sizeof ring);
    for (int row = 0; row < rows + TAPS - 1; row++, real += stride, fake += stride) {
        float(*const maps)[WIDTH] = ring[row % TAPS];
        for (int x = 0; x < columns; x++) {
            const float sum = real[x] + fake[x] - levels[0], difference = real[x] - fake[x] - levels[1];
            maps[0][x] = sum;
            maps[1][x] = difference;
            maps[2][x] = sum * sum;
            maps[3][x] = difference * difference;
        }
        if (row < TAPS - 1)
            continue;
        for (int map = 0; map < MAPS; map++) {
            const float(*seen[TAPS])[WIDTH];
            for (int k = 0; k < TAPS; k++)
                seen[k] = (const float(*)[WIDTH]) & ring[(row + 1 + k) % TAPS][map];
            blur_down(seen, taps, down);
            blur_across(down, taps, both[map]);
        }
        for (int x = 0; x < TILE; x++) {
            const float of_sum = both[2][x] - both[0][x] * both[0][x];
            const float of_difference = both[3][x] - both[1][x] * both[1][x];
            const float sum = both[0][x] + levels[0] - zero, difference = both[1][x] + levels[1];
            const float squared = difference * difference;
            const float a = squared / (squared + sum * sum + c1);
            const float b = of_difference / (of_sum + of_difference + c2);
            in_means[x] += a;
            in_variances[x] += b;
            in_both[x] += a * b;
        }
    }
    for (int x = 0; x < positions; x++) {
        sums[0] += in_means[x];
        sums[1] += in_variances[x];
        sums[2] += in_both[x];
    }
}

/* Bands are numbered plane by plane; each has sums of its own, so that who works on which does not change a digit. */
static void sum_band(const float *real, const float *fake, int height, int width, Py_ssize_t band,
                     const Shares *shares, double *sums)
{
    const int rows = height - TAPS + 1, columns = width - TAPS + 1, n_bands = (rows + BAND - 1) / BAND;
    const int top = (int)(band % n_bands) * BAND;
    const Py_ssize_t start = (band / n_bands * height + top) * (Py_ssize_t)width;
    double *of_band = sums + SUMS * band;

    memset(of_band, 0, SUMS * sizeof *of_band);
    for (int left = 0; left < columns; left += TILE)
        sum_tile(real + start + left, fake + start + left, width, rows - top < BAND ? rows - top : BAND,
                 columns - left < TILE ? columns - left : TILE, shares, of_band);
}

static PyObject *sum_bands(PyObject *module, PyObject *arguments)
{
    Py_buffer real, fake, taps, sums;
    int height, width;
    Py_ssize_t first, last;
    Shares shares;
    PyObject *result = NULL;
    (void)module;

    if (!PyArg_ParseTuple(arguments, "y*y*w*y*iinnfff", &real, &fake, &sums, &taps, &height, &width, &first, &last,
                          &shares.c1, &shares.c2, &shares.zero))
        return NULL;
    const Py_ssize_t plane = (Py_ssize_t)height * width * (Py_ssize_t)sizeof(float);
    if (height < TAPS || width < TAPS || first < 0 || last < first || real.len != fake.len || real.len % plane ||
        taps.len != sizeof shares.taps) {
        PyErr_SetString(PyExc_ValueError, "planes, window and bands do not fit together");
    } else {
        const Py_ssize_t n_bands = real.len / plane * ((height - TAPS + BAND) / BAND);
        if (last > n_bands || sums.len != n_bands * SUMS * (Py_ssize_t)sizeof(double)) {
            PyErr_SetString(PyExc_ValueError, "the sums are not those of as many bands");
        } else {
            memcpy(shares.taps, taps.buf, sizeof shares.taps);
            Py_BEGIN_ALLOW_THREADS;
            for (Py_ssize_t band = first; band < last; band++)
                sum_band(real.buf, fake.buf, height, width, band, &shares, sums.buf);
            Py_END_ALLOW_THREADS;
            result = Py_NewRef(Py_None);
        }
    }
    PyBuffer_Release(&real);
    PyBuffer_Release(&fake);
    PyBuffer_Release(&taps);
    PyBuffer_Release(&sums);
    return result;
}

static PyMethodDef methods[] = {
    {"sum_bands", sum_bands, METH_VARARGS,
     "sum_bands(real, fake, sums, taps, height, width, first, last, c1, c2, zero)\n\n"
     "Fill in the sums of some bands: float64, (bands, 3); all else is float32."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "_ssim", .m_doc = "The sums of SSIM over positions.", .m_size = 0, .m_methods = methods,
};

PyMODINIT_FUNC PyInit__ssim(void)
{
    PyObject *made = PyModule_Create(&module);
    if (made && PyModule_AddIntConstant(made, "BAND", BAND) < 0)
        Py_CLEAR(made);
    return made;
}
