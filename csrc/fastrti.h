/* The CPU renderer for programs in C: describe an object, relight it into a buffer.
 *
 *     fastrti_object *object;
 *     int error = fastrti_open(&description, FASTRTI_AUTO, 2, &object);
 *     if (error != FASTRTI_OK) die(fastrti_error_text(error));
 *     fastrti_relight(object, light, 0, 0, height, width, 3, rgb, 3 * width);
 *     fastrti_close(object);
 *
 * Build the library with `make libfastrti`; csrc/examples/relight.c is a whole program. It is C99 and calls nothing but
 * the C++ runtime: link it with `-lfastrti -lstdc++ -lm -pthread`.
 *
 * An object is what `fastrti fit` saves: K planes of bytes, and a rule that turns a light into a frame network
 *
 *     z = v / 255 (maximum - minimum) + minimum             v: the K bytes of a pixel
 *     h0 = z;  hi = phi(Wi h(i-1) + bi);  y = Wn h + bn [+ S z] [* base colour]
 *     byte = floor(255 clamp(y, 0, 1) + 0.5)
 *
 * whose numbers W1, b1, ..., Wn, bn, [S], one after the other, are what a light network emits: features of the light,
 * then dense layers with x / (1 + e^-x) between them. In double precision, rounded to float at its end. Every kind of
 * object has this form; fastrti.objects.light_network writes it.
 *
 * A light direction is (x, y, z): +x to the right of the picture, +y to its top, +z to the camera.
 *
 * No function throws, prints or ends the program. */
#ifndef FASTRTI_H
#define FASTRTI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  FASTRTI_MAX_PLANES = 48,
  FASTRTI_MAX_HIDDEN = 2, /* hidden layers of a frame network */
  FASTRTI_MAX_WIDTH = 64, /* of a hidden layer */
  FASTRTI_MAX_LIGHT_LAYERS = 4,
  FASTRTI_MAX_LIGHT_WIDTH = 1024, /* outputs of a light layer that is not the last */
  FASTRTI_MAX_FEATURES = 1048576, /* of a light */
  FASTRTI_MAX_EXPONENT = 12,
  FASTRTI_MAX_THREADS = 1024,
  FASTRTI_MAX_EXPERTS = 64,
  FASTRTI_MAX_LABELS = 256 /* experts and means of them */
};

/* What functions return. */
enum {
  FASTRTI_OK = 0,
  FASTRTI_NULL_POINTER,  /* a pointer that must not be null is */
  FASTRTI_BAD_SIZE,      /* planes, height or width out of range */
  FASTRTI_BAD_MASK,      /* a byte of the mask is neither 0 nor 1 */
  FASTRTI_BAD_RANGE,     /* not minimum <= maximum, both finite as floats */
  FASTRTI_BAD_NETWORK,   /* layers, widths, activation, skip or base colour out of range */
  FASTRTI_BAD_FEATURES,  /* features of the light out of range */
  FASTRTI_BAD_LAYERS,    /* light layers whose shapes do not chain from the features to the frame network's numbers */
  FASTRTI_BAD_NUMBER,    /* a weight, bias or node is infinite or no number */
  FASTRTI_BAD_PRECISION, /* not one of the precisions, or one this object or processor cannot be drawn in */
  FASTRTI_BAD_THREADS,   /* not from 1 to FASTRTI_MAX_THREADS */
  FASTRTI_BAD_LIGHT,     /* of length zero, below the horizon (z < 0), infinite or no number */
  FASTRTI_BAD_REGION,    /* empty, or not inside the picture */
  FASTRTI_BAD_BUFFER,    /* channels that are not 3 or 4, or rows that overlap */
  FASTRTI_NO_MEMORY,
  FASTRTI_BAD_EXPERTS /* too many experts or means, shares that are no weights of a mean, or a label of neither */
};

/* One English sentence for a code, never null; owned by the library. */
const char *fastrti_error_text(int error);

/* phi of the hidden layers. */
enum { FASTRTI_RELU = 0, FASTRTI_ELU = 1 /* alpha = 1 */ };

/* What the pixels are computed in. */
enum {
  FASTRTI_AUTO = 0, /* int8 for an object fitted to it, else the fastest that promises to stay within one level */
  FASTRTI_FP32,
  FASTRTI_INT16,
  FASTRTI_INT8
};

/* Functions of the light (x, y, z) of unit length, z >= 0. */
enum {
  FASTRTI_MONOMIALS = 0, /* x^a y^b z^c for each of `exponents` */
  FASTRTI_HSH,           /* the first `count` of 16 hemispherical harmonics (Gautron et al. 2004) */
  FASTRTI_RBF,           /* e^(-|node - light|^2 / sigma^2) for each of `nodes`, divided by their sum */
  FASTRTI_BILINEAR       /* weights of the square grid of `count` nodes on the octahedral map of the hemisphere */
};

typedef struct {
  int32_t kind;             /* FASTRTI_MONOMIALS ... */
  int32_t count;            /* of features; 1 to FASTRTI_MAX_FEATURES, 16 of HSH, a square >= 4 of bilinear */
  const int32_t *exponents; /* (count, 3): a, b, c from 0 to FASTRTI_MAX_EXPONENT; monomials only */
  const float *nodes;       /* (count, 3): x, y, z; RBF only */
  double sigma;             /* 1e-6 to 1e6; RBF only */
} fastrti_features;

typedef struct {
  int32_t inputs, outputs;
  const float *weights; /* (outputs, inputs), row-major, finite */
  const float *bias;    /* (outputs), finite */
} fastrti_layer;

/* An object. */
typedef struct {
  int32_t planes, height, width; /* K, 1 to FASTRTI_MAX_PLANES; pixels */
  const uint8_t *bytes;  /* (planes, height, width), row 0 on top; must stay, unchanged, until the object is closed */
  const uint8_t *mask;   /* (height, width): 0 is black in every picture, 1 is not; or null. Must stay as well */
  const double *minimum; /* (planes) */
  const double *maximum; /* (planes) */

  int32_t hidden_layers;              /* of the frame network, 0 to FASTRTI_MAX_HIDDEN */
  int32_t hidden[FASTRTI_MAX_HIDDEN]; /* their widths, 1 to FASTRTI_MAX_WIDTH */
  int32_t activation;                 /* FASTRTI_RELU or FASTRTI_ELU */
  int32_t skip;                       /* 1: S follows the last bias; else 0 */
  int32_t base_colour;                /* 1: y is multiplied by the bytes / 255 of planes 0..2, of at least 4; else 0 */

  fastrti_features features;
  int32_t light_layers; /* 1 to FASTRTI_MAX_LIGHT_LAYERS */
  fastrti_layer light[FASTRTI_MAX_LIGHT_LAYERS];

  /* 1: FASTRTI_AUTO may take FASTRTI_INT8, as int8_loss_db in info.json is 0.1 or less; else 0 */
  int32_t fitted_to_int8;

  /* Several experts: each has light layers of its own and draws its own pixels. 0 or 1: one draws all of them, and what
   * follows is not looked at */
  int32_t experts;                    /* up to FASTRTI_MAX_EXPERTS */
  const uint8_t *labels;              /* (height, width): which expert or mean draws a pixel, see `means` */
  const fastrti_layer *expert_layers; /* (experts - 1, light_layers): of experts 1, 2, ...; `light` is of expert 0 */

  /* Means of experts: frame networks whose numbers are weighted means of theirs, added up in double precision and
   * rounded to float. Label n < experts is expert n, label experts + m is mean m. */
  int32_t means;        /* experts + means: up to FASTRTI_MAX_LABELS */
  const double *shares; /* (means, experts): the weight of each expert, 0 to 1, of sum 1 in each mean; null without */
} fastrti_description;

typedef struct fastrti_object fastrti_object;

/* Opens an object. Its planes and mask are used where they lie, all else is copied.
 *
 *   description  what the object is
 *   precision    FASTRTI_AUTO ...
 *   threads      that draw a picture, the caller's included; 1 to FASTRTI_MAX_THREADS
 *   object       receives the object; null where the function fails */
int fastrti_open(const fastrti_description *description, int precision, int threads, fastrti_object **object);

/* Draws the region of `height` x `width` pixels whose first is (top, left). Any number of threads may call it with one
 * object at once. A light that follows itself costs the pixels alone: the object keeps the network of the last one.
 *
 *   light       (x, y, z) of any length but 0, z >= 0
 *   channels    3: RGB; 4: RGBA, where alpha is 0 outside the mask and 255 elsewhere
 *   out         height rows of width * channels bytes, sRGB-encoded like the photographs the object was made from
 *   out_stride  bytes from a row to the next; negative for a picture whose first row is the last in memory */
int fastrti_relight(const fastrti_object *object, const double light[3], int32_t top, int32_t left, int32_t height,
                    int32_t width, int channels, uint8_t *out, ptrdiff_t out_stride);

/* Frees the object; null is allowed. No call may be using it. */
void fastrti_close(fastrti_object *object);

#ifdef __cplusplus
}
#endif

#endif
