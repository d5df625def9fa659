/*
 * Loaded into User Mode Linux, where the processor has more registers than that knows.
 *
 * User Mode Linux 6.1 reads and writes the extended registers of its processes (xsave) through a buffer
 * of 2,696 bytes, which end before the tiles of AMX. The kernel below lets a part be read, but takes
 * nothing but the whole (EFAULT, xstateregs_set in arch/x86/kernel/fpu/regset.c), and User Mode Linux
 * ends at its first process. Here the rest is read from the process itself, and the whole written.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <linux/ptrace.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>

typedef long ptrace_function(int request, pid_t process, void *address, void *data);

/* The place of the C library's own function, which takes the same arguments in the same registers. */
long ptrace(int request, pid_t process, void *address, void *data) {
  static ptrace_function *original;
  static char registers[1 << 16];
  struct iovec whole = {registers, sizeof registers};
  struct iovec *part = data;

  if (original == NULL) {
    original = (ptrace_function *)dlsym(RTLD_NEXT, "ptrace");
  }
  if (request != PTRACE_SETREGSET || address != (void *)NT_X86_XSTATE ||
      original(PTRACE_GETREGSET, process, address, &whole) != 0 || whole.iov_len <= part->iov_len) {
    return original(request, process, address, data);
  }
  memcpy(registers, part->iov_base, part->iov_len);
  return original(request, process, address, &whole);
}
