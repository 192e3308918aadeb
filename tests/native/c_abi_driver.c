/* Bad input to every function of fastrti.h gets its code, and never a crash; good input is drawn. Prints "passed", or
 * the lines that failed. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fastrti.h"

static int failures = 0;

#define EXPECT(condition) \
  ((condition) ? (void)0 : (void)(++failures, printf("%s:%d: %s\n", __FILE__, __LINE__, #condition)))

enum { PLANES = 4, HEIGHT = 3, WIDTH = 5, PIXELS = HEIGHT * WIDTH, NUMBERS = 3 * PLANES + 3 };

static uint8_t bytes[PLANES * PIXELS], mask[PIXELS];
static double minimum[PLANES], maximum[PLANES];
static int32_t exponents[2][3] = {{1, 0, 0}, {0, 0, 1}};
static float nodes[2][3] = {{0, 0, 1}, {1, 0, 0}};
static float weights[NUMBERS][2], bias[NUMBERS];

/* A linear object of two light features, whose numbers are within the contract. */
static fastrti_description good(void) {
  fastrti_description description;
  memset(&description, 0, sizeof description);
  for (int i = 0; i < PLANES * PIXELS; ++i) bytes[i] = (uint8_t)(37 * i);
  for (int i = 0; i < PIXELS; ++i) mask[i] = i % 3 != 0;
  for (int k = 0; k < PLANES; ++k) minimum[k] = -0.5, maximum[k] = 0.5;
  for (int i = 0; i < NUMBERS; ++i) weights[i][0] = 0.01f * i, weights[i][1] = 0.3f, bias[i] = 0.1f;
  description.planes = PLANES;
  description.height = HEIGHT;
  description.width = WIDTH;
  description.bytes = bytes;
  description.mask = mask;
  description.minimum = minimum;
  description.maximum = maximum;
  description.features.count = 2;
  description.features.exponents = exponents[0];
  description.light_layers = 1;
  description.light[0].inputs = 2;
  description.light[0].outputs = NUMBERS;
  description.light[0].weights = weights[0];
  description.light[0].bias = bias;
  return description;
}

static int opened(const fastrti_description *description) {
  fastrti_object *object = (fastrti_object *)description; /* to be overwritten */
  const int error = fastrti_open(description, FASTRTI_AUTO, 1, &object);
  EXPECT((object != NULL) == (error == FASTRTI_OK));
  fastrti_close(object);
  return error;
}

/* What opening the good object says after one change to it. */
#define CHANGED(change, code)                 \
  do {                                        \
    fastrti_description description = good(); \
    change;                                   \
    EXPECT(opened(&description) == code);     \
  } while (0)

static void objects_out_of_range(void) {
  CHANGED((void)0, FASTRTI_OK);
  CHANGED(description.mask = NULL, FASTRTI_OK);
  CHANGED(description.planes = 0, FASTRTI_BAD_SIZE);
  CHANGED(description.planes = -1, FASTRTI_BAD_SIZE);
  CHANGED(description.planes = 49, FASTRTI_BAD_SIZE);
  CHANGED(description.height = 0, FASTRTI_BAD_SIZE);
  CHANGED(description.width = INT32_MIN, FASTRTI_BAD_SIZE);
  CHANGED(description.height = description.width = INT32_MAX, FASTRTI_BAD_SIZE);
  CHANGED(description.bytes = NULL, FASTRTI_NULL_POINTER);
  CHANGED(description.minimum = NULL, FASTRTI_NULL_POINTER);
  CHANGED(description.maximum = NULL, FASTRTI_NULL_POINTER);
  CHANGED(mask[PIXELS - 1] = 255, FASTRTI_BAD_MASK);
  CHANGED(minimum[3] = 1, FASTRTI_BAD_RANGE);
  CHANGED(maximum[0] = NAN, FASTRTI_BAD_RANGE);
  CHANGED(maximum[0] = 1e39, FASTRTI_BAD_RANGE);
  CHANGED(minimum[0] = -INFINITY, FASTRTI_BAD_RANGE);
}

static void networks_out_of_range(void) {
  CHANGED(description.hidden_layers = 3, FASTRTI_BAD_NETWORK);
  CHANGED(description.hidden_layers = -1, FASTRTI_BAD_NETWORK);
  CHANGED(description.hidden_layers = 1, FASTRTI_BAD_NETWORK);
  CHANGED((description.hidden_layers = 1, description.hidden[0] = 65), FASTRTI_BAD_NETWORK);
  CHANGED((description.hidden_layers = 1, description.hidden[0] = 4), FASTRTI_BAD_LAYERS);
  CHANGED(description.activation = 2, FASTRTI_BAD_NETWORK);
  CHANGED(description.skip = 2, FASTRTI_BAD_NETWORK);
  CHANGED(description.skip = 1, FASTRTI_BAD_LAYERS);
  CHANGED(description.base_colour = -1, FASTRTI_BAD_NETWORK);
  CHANGED(description.base_colour = 1, FASTRTI_OK);
  CHANGED(description.fitted_to_int8 = 1, FASTRTI_OK);
  CHANGED(description.fitted_to_int8 = 2, FASTRTI_BAD_NETWORK);
  CHANGED((description.base_colour = 1, description.planes = 3), FASTRTI_BAD_NETWORK);
}

static void light_networks_out_of_range(void) {
  CHANGED(description.features.kind = -1, FASTRTI_BAD_FEATURES);
  CHANGED(description.features.kind = 4, FASTRTI_BAD_FEATURES);
  CHANGED(description.features.count = 0, FASTRTI_BAD_FEATURES);
  CHANGED(description.features.count = INT32_MAX, FASTRTI_BAD_FEATURES);
  CHANGED(description.features.exponents = NULL, FASTRTI_NULL_POINTER);
  CHANGED(exponents[1][2] = 13, FASTRTI_BAD_FEATURES);
  CHANGED(exponents[1][2] = -1, FASTRTI_BAD_FEATURES);
  exponents[1][2] = 1;
  CHANGED(description.features.kind = FASTRTI_HSH, FASTRTI_OK);
  CHANGED((description.features.kind = FASTRTI_HSH, description.features.count = 17), FASTRTI_BAD_FEATURES);
  CHANGED(description.features.kind = FASTRTI_BILINEAR, FASTRTI_BAD_FEATURES);
  CHANGED((description.features.kind = FASTRTI_BILINEAR, description.features.count = 1), FASTRTI_BAD_FEATURES);
  CHANGED((description.features.kind = FASTRTI_RBF, description.features.sigma = 1), FASTRTI_NULL_POINTER);
  CHANGED((description.features.kind = FASTRTI_RBF, description.features.nodes = nodes[0]), FASTRTI_BAD_FEATURES);
  CHANGED((description.features.kind = FASTRTI_RBF, description.features.nodes = nodes[0],
           description.features.sigma = NAN),
          FASTRTI_BAD_FEATURES);
  CHANGED(
      (description.features.kind = FASTRTI_RBF, description.features.nodes = nodes[0], description.features.sigma = 1),
      FASTRTI_OK);
  CHANGED(description.light_layers = 0, FASTRTI_BAD_LAYERS);
  CHANGED(description.light_layers = 5, FASTRTI_BAD_LAYERS);
  CHANGED(description.light_layers = 2, FASTRTI_BAD_LAYERS);
  CHANGED(description.light[0].inputs = 3, FASTRTI_BAD_LAYERS);
  CHANGED(description.light[0].outputs = NUMBERS - 1, FASTRTI_BAD_LAYERS);
  CHANGED(description.light[0].outputs = -1, FASTRTI_BAD_LAYERS);
  CHANGED(description.light[0].weights = NULL, FASTRTI_NULL_POINTER);
  CHANGED(description.light[0].bias = NULL, FASTRTI_NULL_POINTER);
  CHANGED(weights[NUMBERS - 1][1] = INFINITY, FASTRTI_BAD_NUMBER);
  CHANGED(bias[0] = NAN, FASTRTI_BAD_NUMBER);
}

static void calls_out_of_range(void) {
  const fastrti_description description = good();
  fastrti_description coloured = good();
  const double up[3] = {0, 0, 1};
  const double dark[][3] = {{0, 0, 0}, {0, 0, -1}, {1, 0, -1e-9}, {NAN, 0, 1}, {0, INFINITY, 1}, {0, 0, INFINITY}};
  uint8_t out[3 * PIXELS];
  fastrti_object *object;
  coloured.base_colour = 1;
  EXPECT(fastrti_open(NULL, FASTRTI_AUTO, 1, &object) == FASTRTI_NULL_POINTER && object == NULL);
  EXPECT(fastrti_open(&description, FASTRTI_AUTO, 1, NULL) == FASTRTI_NULL_POINTER);
  EXPECT(fastrti_open(&description, -1, 1, &object) == FASTRTI_BAD_PRECISION);
  EXPECT(fastrti_open(&description, 4, 1, &object) == FASTRTI_BAD_PRECISION);
  EXPECT(fastrti_open(&coloured, FASTRTI_INT8, 1, &object) == FASTRTI_BAD_PRECISION && object == NULL);
  EXPECT(fastrti_open(&coloured, FASTRTI_INT16, 1, &object) == FASTRTI_BAD_PRECISION);
  EXPECT(fastrti_open(&description, FASTRTI_AUTO, 0, &object) == FASTRTI_BAD_THREADS);
  EXPECT(fastrti_open(&description, FASTRTI_AUTO, 1025, &object) == FASTRTI_BAD_THREADS);
  EXPECT(fastrti_open(&description, FASTRTI_FP32, 2, &object) == FASTRTI_OK);
#define RELIGHT(light, top, left, height, width, channels, out, stride) \
  fastrti_relight(object, light, top, left, height, width, channels, out, stride)
  EXPECT(fastrti_relight(NULL, up, 0, 0, 1, 1, 3, out, 3) == FASTRTI_NULL_POINTER);
  EXPECT(RELIGHT(NULL, 0, 0, 1, 1, 3, out, 3) == FASTRTI_NULL_POINTER);
  EXPECT(RELIGHT(up, 0, 0, 1, 1, 3, NULL, 3) == FASTRTI_NULL_POINTER);
  for (int i = 0; i < 6; ++i) EXPECT(RELIGHT(dark[i], 0, 0, 1, 1, 3, out, 3) == FASTRTI_BAD_LIGHT);
  EXPECT(RELIGHT(up, -1, 0, 1, 1, 3, out, 3) == FASTRTI_BAD_REGION);
  EXPECT(RELIGHT(up, 0, 0, 0, 1, 3, out, 3) == FASTRTI_BAD_REGION);
  EXPECT(RELIGHT(up, 0, 0, 1, -1, 3, out, 3) == FASTRTI_BAD_REGION);
  EXPECT(RELIGHT(up, 1, 0, HEIGHT, 1, 3, out, 3) == FASTRTI_BAD_REGION);
  EXPECT(RELIGHT(up, 0, INT32_MAX, 1, INT32_MAX, 3, out, 3) == FASTRTI_BAD_REGION);
  EXPECT(RELIGHT(up, 0, 0, 1, 1, 2, out, 3) == FASTRTI_BAD_BUFFER);
  EXPECT(RELIGHT(up, 0, 0, 1, 1, 5, out, 5) == FASTRTI_BAD_BUFFER);
  EXPECT(RELIGHT(up, 0, 0, 2, 2, 3, out, 5) == FASTRTI_BAD_BUFFER);
  EXPECT(RELIGHT(up, 0, 0, 2, 2, 3, out, -5) == FASTRTI_BAD_BUFFER);
  EXPECT(RELIGHT(up, 0, 0, 1, 2, 3, out, 0) == FASTRTI_OK);
  fastrti_close(object);
  fastrti_close(NULL);
  for (int code = -2; code < 100; ++code) EXPECT(strlen(fastrti_error_text(code)) > 5);
}

/* RGBA is RGB and the mask; a light's length changes nothing; rows may go upwards in memory. */
static void pictures(void) {
  const fastrti_description description = good();
  const double light[3] = {3, 0, 4}, longer[3] = {3e200, 0, 4e200};
  uint8_t rgb[PIXELS][3], rgba[PIXELS][4], again[PIXELS][3];
  int lit = 0;
  fastrti_object *object;
  EXPECT(fastrti_open(&description, FASTRTI_AUTO, 1, &object) == FASTRTI_OK);
  EXPECT(fastrti_relight(object, light, 0, 0, HEIGHT, WIDTH, 3, rgb[0], 3 * WIDTH) == FASTRTI_OK);
  EXPECT(fastrti_relight(object, light, 0, 0, HEIGHT, WIDTH, 4, rgba[0], 4 * WIDTH) == FASTRTI_OK);
  EXPECT(fastrti_relight(object, longer, 0, 0, HEIGHT, WIDTH, 3, again[PIXELS - WIDTH], -3 * WIDTH) == FASTRTI_OK);
  for (int i = 0; i < PIXELS; ++i) {
    EXPECT(memcmp(rgb[i], rgba[i], 3) == 0 && rgba[i][3] == 255 * mask[i]);
    EXPECT(memcmp(rgb[i], again[(HEIGHT - 1 - i / WIDTH) * WIDTH + i % WIDTH], 3) == 0);
    lit += rgb[i][0] > 0 && rgb[i][0] < 255;
  }
  EXPECT(lit > PIXELS / 3);
  fastrti_close(object);
}

int main(void) {
  objects_out_of_range();
  networks_out_of_range();
  light_networks_out_of_range();
  calls_out_of_range();
  pictures();
  if (failures == 0) puts("passed");
  return failures != 0;
}
