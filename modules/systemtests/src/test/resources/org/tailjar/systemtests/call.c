/* call LIBRARY: loads JNA's native library and calls functions of it: its own, and strlen by its libffi. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#if defined(__x86_64__)
#define FFI_DEFAULT_ABI 2
#elif defined(__aarch64__)
#define FFI_DEFAULT_ABI 1
#endif

static void *library;

static void *find(const char *name) {
  void *symbol = dlsym(library, name);
  if (!symbol) printf("%s\n", dlerror());
  return symbol;
}

int main(int count, char **arguments) {
  library = count == 2 ? dlopen(arguments[1], RTLD_NOW) : NULL;
  if (!library) {
    printf("%s\n", dlerror());
    return 1;
  }

  int (*size_of)(void *, void *, int) = find("Java_com_sun_jna_Native_sizeof");
  void *(*allocate)(void *, void *, long) = find("Java_com_sun_jna_Native_malloc");
  int (*prepare)(void *, int, unsigned, void *, void **) = find("ffi_prep_cif");
  void (*call)(void *, void *, void *, void **) = find("ffi_call");
  void *pointer = find("ffi_type_pointer");
  void *integer = find("ffi_type_uint64");
  if (!size_of || !allocate || !prepare || !call || !pointer || !integer) return 1;

  char *text = allocate(NULL, NULL, 16);
  strcpy(text, "tailnet");
  long description[32] = {0};
  void *types[] = {pointer};
  void *values[] = {&text};
  unsigned long length = 0;
  int status = prepare(description, FFI_DEFAULT_ABI, 1, integer, types);
  if (status == 0) call(description, (void *) strlen, &length, values);
  printf("pointer %d, status %d, length %lu\n", size_of(NULL, NULL, 0), status, length);
  return 0;
}
