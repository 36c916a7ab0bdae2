#include "agent/config_file.h"

#include "base/memory.h"
#include "policy/check.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { PIECE = 16384 };

static bool refuse(struct config_file *file, int number)
{
    char reason[128];
    fault_list_add(&file->faults,
                   &(struct fault){.path = "", .text = strerror_r(number, reason, sizeof reason)});
    return false;
}

static bool read_text(struct config_file *file)
{
    int fd = open(file->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return refuse(file, errno);
    uint8_t piece[PIECE];
    ssize_t got;
    while ((got = read(fd, piece, sizeof piece)) > 0 && !file->text.failed)
        buffer_add(&file->text, piece, (size_t)got);
    int reason = errno;
    close(fd);
    if (got < 0)
        return refuse(file, reason);
    if (file->text.failed && file->text.len + PIECE <= YAML_TEXT_MAX)
        fault_list_no_memory(&file->faults);
    else if (file->text.failed)
        fault_list_add(&file->faults, &(struct fault){.path = "", .text = "longer than 1 MiB"});
    return !file->text.failed;
}

static bool check_version(struct config_file *file, struct check *check)
{
    char room[CHECK_SCALAR_ROOM];
    const json_t *value = json_object_get(file->yaml.root, "version");
    const char *version = check_scalar(value, room);
    struct yaml_at at = yaml_key(NULL, "version");
    file->no_version = !value;
    return !value || (version && strcmp(version, "1.0") == 0) ||
           check_fault_detail(check, &at, "\"1.0\" expected", NULL, "unsupported version");
}

bool config_file_read(struct config_file *file, const char *path)
{
    *file = (struct config_file){.path = mem_strdup(path)};
    buffer_init(&file->text, YAML_TEXT_MAX);
    if (!file->path) {
        fault_list_no_memory(&file->faults);
        return false;
    }
    if (!read_text(file) || !yaml_read(&file->yaml, buffer_span(&file->text), &file->faults))
        return false;
    struct check check = {.yaml = &file->yaml, .faults = &file->faults, .sound = true};
    if (!json_is_object(json_object_get(file->yaml.root, "visor")))
        return check_fault(&check, NULL, "invalid schema");
    return check_version(file, &check);
}

void config_file_done(struct config_file *file)
{
    yaml_done(&file->yaml);
    buffer_done(&file->text);
    fault_list_done(&file->faults);
    mem_free(file->path);
    *file = (struct config_file){0};
}

const json_t *config_file_options(const struct config_file *file, bool *ignored)
{
    const json_t *options = json_object_get(json_object_get(file->yaml.root, "visor"), "config");
    *ignored = options && !json_is_object(options);
    return json_is_object(options) ? options : NULL;
}

void config_file_fault(struct config_file *file, const char *key, const char *text,
                       const char *detail)
{
    struct check check = {.yaml = &file->yaml, .faults = &file->faults, .sound = true};
    struct yaml_at visor = yaml_key(NULL, "visor"), config = yaml_key(&visor, "config");
    struct yaml_at at = yaml_key(&config, key);
    check_fault_detail(&check, &at, detail, NULL, "%s", text);
}

void config_file_say(const struct config_file *file, const struct fault *fault, struct buffer *line)
{
    buffer_add_text(line, fault->text);
    fault_add_help(fault, line);
    buffer_add_text(line, " in config file: ");
    fault_add_place(fault, file->path, line);
}
