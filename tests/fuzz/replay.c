// The main of a fuzz target in builds without libFuzzer: feeds it the empty input, then every file
// of the folders given. Each input lies in a heap block of exactly its size, so that ASan sees a
// read beyond it. A folder that is absent holds no inputs.

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv);

static bool feed_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0)
        return false;
    long size = ftell(file);
    uint8_t *data = malloc(size > 0 ? (size_t)size : 1);
    bool whole = data && size >= 0 && fseek(file, 0, SEEK_SET) == 0 &&
                 fread(data, 1, (size_t)size, file) == (size_t)size;
    fclose(file);
    if (whole)
        LLVMFuzzerTestOneInput(data, (size_t)size);
    free(data);
    return whole;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

// The number of files fed, or -1 when one could not be read.
static int feed_folder(const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_visible, alphasort);
    if (count < 0)
        return 0;
    bool good = true;
    for (int i = 0; i < count; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (good && !feed_file(path)) {
            fprintf(stderr, "cannot read %s\n", path);
            good = false;
        }
        free(entries[i]);
    }
    free(entries);
    return good ? count : -1;
}

int main(int argc, char **argv)
{
    if (LLVMFuzzerInitialize)
        LLVMFuzzerInitialize(&argc, &argv);
    LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    int fed = 1;
    for (int i = 1; i < argc; i++) {
        int files = feed_folder(argv[i]);
        if (files < 0)
            return EXIT_FAILURE;
        fed += files;
    }
    printf("%d inputs\n", fed);
    return EXIT_SUCCESS;
}
