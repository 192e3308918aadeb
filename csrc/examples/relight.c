/* Relights an object without Python: a whole program around fastrti.h.
 *
 *     python csrc/examples/dump.py vase vase.numbers
 *     make libfastrti
 *     cc csrc/examples/relight.c -Icsrc build/libfastrti.a -lstdc++ -lm -pthread -o build/relight
 *     build/relight vase.numbers 0.3 0.5 0.8 vase.ppm
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fastrti.h"

static void die(const char *what, const char *why) {
  fprintf(stderr, "%s: %s\n", what, why);
  exit(1);
}

/* The next `count` numbers of the file. They live until the program ends. */
static void *take(FILE *file, size_t count, size_t size) {
  void *numbers = malloc(count * size + 1);
  if (numbers == NULL || fread(numbers, size, count, file) != count) die("numbers", "the file ends too early");
  return numbers;
}

/* The sizes that a file of csrc/examples/dump.py starts with. */
struct sizes {
  int32_t planes, height, width, mask, hidden_layers, hidden[2], activation, skip, base_colour, features, count,
      light_layers;
  int32_t layers[FASTRTI_MAX_LIGHT_LAYERS][2];
  int32_t experts, means;
};

static void read_layers(FILE *file, const struct sizes *sizes, fastrti_layer *layers) {
  for (int i = 0; i < sizes->light_layers && i < FASTRTI_MAX_LIGHT_LAYERS; ++i) {
    layers[i].inputs = sizes->layers[i][0];
    layers[i].outputs = sizes->layers[i][1];
    layers[i].weights = take(file, (size_t)layers[i].inputs * layers[i].outputs, sizeof(float));
    layers[i].bias = take(file, layers[i].outputs, sizeof(float));
  }
}

static fastrti_description read_description(FILE *file) {
  const struct sizes *sizes = take(file, 1, sizeof *sizes);
  const size_t planes = sizes->planes, count = sizes->count, pixels = (size_t)sizes->height * sizes->width;
  fastrti_description description;
  memset(&description, 0, sizeof description);
  description.planes = sizes->planes;
  description.height = sizes->height;
  description.width = sizes->width;
  description.hidden_layers = sizes->hidden_layers;
  memcpy(description.hidden, sizes->hidden, sizeof description.hidden);
  description.activation = sizes->activation;
  description.skip = sizes->skip;
  description.base_colour = sizes->base_colour;
  description.features.kind = sizes->features;
  description.features.count = sizes->count;
  description.light_layers = sizes->light_layers;
  description.features.sigma = *(double *)take(file, 1, sizeof(double));
  description.minimum = take(file, planes, sizeof(double));
  description.maximum = take(file, planes, sizeof(double));
  if (sizes->features == FASTRTI_MONOMIALS) description.features.exponents = take(file, 3 * count, sizeof(int32_t));
  if (sizes->features == FASTRTI_RBF) description.features.nodes = take(file, 3 * count, sizeof(float));
  read_layers(file, sizes, description.light);
  description.experts = sizes->experts;
  if (sizes->experts > 1) {
    fastrti_layer *others = malloc((size_t)(sizes->experts - 1) * sizes->light_layers * sizeof *others);
    for (int i = 1; i < sizes->experts; ++i) read_layers(file, sizes, others + (i - 1) * sizes->light_layers);
    description.expert_layers = others;
    description.means = sizes->means;
    description.shares = take(file, (size_t)sizes->means * sizes->experts, sizeof(double));
  }
  description.bytes = take(file, planes * pixels, 1);
  if (sizes->mask) description.mask = take(file, pixels, 1);
  if (sizes->experts > 1) description.labels = take(file, pixels, 1);
  return description;
}

static void write_picture(const char *path, const uint8_t *rgb, int width, int height) {
  FILE *file = fopen(path, "wb");
  if (file == NULL) die(path, "cannot be written");
  fprintf(file, "P6\n%d %d\n255\n", width, height);
  if (fwrite(rgb, 3, (size_t)width * height, file) != (size_t)width * height) die(path, "cannot be written");
  if (fclose(file) != 0) die(path, "cannot be written");
}

int main(int count, char **arguments) {
  if (count != 6) die("expected", "relight NUMBERS X Y Z PICTURE.ppm");
  FILE *file = fopen(arguments[1], "rb");
  if (file == NULL) die(arguments[1], "cannot be read");
  const fastrti_description description = read_description(file);
  fclose(file);

  fastrti_object *object;
  int error = fastrti_open(&description, FASTRTI_AUTO, 1, &object);
  if (error != FASTRTI_OK) die(arguments[1], fastrti_error_text(error));

  const double light[3] = {atof(arguments[2]), atof(arguments[3]), atof(arguments[4])};
  const int height = description.height, width = description.width;
  uint8_t *rgb = malloc(3 * (size_t)height * width);
  error = fastrti_relight(object, light, 0, 0, height, width, 3, rgb, 3 * (ptrdiff_t)width);
  if (error != FASTRTI_OK) die("light", fastrti_error_text(error));
  write_picture(arguments[5], rgb, width, height);
  fastrti_close(object);
  free(rgb);
  return 0;
}
