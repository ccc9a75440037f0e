# The probe: a guest of 2 kB that does in ring 0 what an operating system does all day, and takes the time of it.
#
# It is a flat multiboot image (Multiboot 0.6.96, "a.out kludge"), so that `qemu -kernel` loads it without firmware help.
# It speaks through QEMU's debug console (port 0xe9), one line a mark:
#
#     L            long mode is on, tables are loaded
#     x=HEX        part x took so many ticks of the time-stamp counter, 16 hexadecimal digits
#     K            the end was reached
#     X vector error-code-or-rip rip   an exception nobody asked for
#
# and ends QEMU through isa-debug-exit (port 0xf4), whose exit status is 2 * value + 1: 33 for the end, 65 for an exception.
#
#     as --64 payload.S -o payload.o && ld -Ttext 0x100000 --oformat binary payload.o -o payload.bin
#
# payload.ts holds the result; test/guest/qemu-payload.test.ts proves that it is fresh.

.intel_syntax noprefix
.text

.set LOAD_ADDRESS,      0x100000
.set MULTIBOOT_MAGIC,   0x1badb002
.set MULTIBOOT_FLAGS,   1 << 16          # the address fields of the header are valid
.set CODE64,            0x08             # selectors in the table below
.set DATA,              0x10
.set TASK,              0x28
.set DEBUG_CONSOLE,     0xe9
.set DEBUG_EXIT,        0xf4
.set WINDOW,            0x40000000       # one 4 kB page here is mapped by the page-fault handler
.set WINDOW_TARGET,     0x800007         # what it is mapped to: 8 MiB, user, writable, present

.code32
.globl _start
_start:
        jmp     begin32
.balign 4
multiboot_header:
        .long   MULTIBOOT_MAGIC, MULTIBOOT_FLAGS, -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)
        .long   multiboot_header, _start, image_end, memory_end, _start

# ---------------------------------------------------------------- 32 bits: page tables, then long mode

begin32:
        cli
        mov     esp, offset stack_top
        mov     al, 0xff                 # no interrupt of the two PICs may come
        out     0x21, al
        out     0xa1, al

        mov     edi, offset tables       # do not trust the loader with our zeros
        mov     ecx, (memory_end - tables) / 4
        xor     eax, eax
        rep     stosd

        # Two top levels with the same content: switching between them flushes what a process switch flushes.
        mov     dword ptr [pml4_a], offset pdpt + 7
        mov     dword ptr [pml4_b], offset pdpt + 7
        mov     dword ptr [pdpt], offset low_directory + 7
        mov     dword ptr [pdpt + 8], offset window_directory + 7
        mov     dword ptr [window_directory], offset window_table + 7

        mov     edi, offset low_directory        # the first GiB, each address itself, in pages of 2 MiB
        mov     eax, 0x87
        mov     ecx, 512
1:      mov     [edi], eax
        add     eax, 0x200000
        add     edi, 8
        dec     ecx
        jnz     1b

        mov     eax, cr4
        or      eax, 0x620               # PAE, OSFXSR, OSXMMEXCPT
        mov     cr4, eax
        mov     eax, offset pml4_a
        mov     cr3, eax
        mov     ecx, 0xc0000080          # EFER: long mode and syscall
        rdmsr
        or      eax, 0x101
        wrmsr
        mov     eax, cr0
        and     eax, ~4                  # no FPU emulation
        or      eax, 0x80010002          # paging, write protection in ring 0, FPU errors native
        mov     cr0, eax
        lgdt    [gdt_pointer]
        ljmp    CODE64, offset begin64

# ---------------------------------------------------------------- 64 bits: interrupts and the task segment

.code64
begin64:
        mov     ax, DATA
        mov     ds, ax
        mov     es, ax
        mov     ss, ax

        mov     edi, offset idt
        mov     eax, offset stubs
        mov     ecx, 64
1:      call    set_gate
        add     eax, 16
        add     edi, 16
        dec     ecx
        jnz     1b
        mov     edi, offset idt + 14 * 16
        mov     eax, offset on_page_fault
        call    set_gate
        mov     edi, offset idt + 0x30 * 16
        mov     eax, offset on_call
        call    set_gate
        lidt    [idt_pointer]

        mov     eax, offset task_state
        mov     [gdt + TASK + 2], ax
        shr     eax, 16
        mov     [gdt + TASK + 4], al
        mov     qword ptr [task_state + 4], offset stack_top
        mov     ax, TASK
        ltr     ax

        mov     al, 'L'
        call    print_character
        call    print_newline

# ---------------------------------------------------------------- what is measured

.macro  REPEAT  times
        mov     r13d, \times
        call    read_counter
        mov     r14, rax
9:
.endm
.macro  REPORT  mark
        dec     r13d
        jnz     9b
        mov     bl, \mark
        call    report
.endm

        # t: 20 ms of the timer chip, to know how long a tick is. Channel 2 counts down once (mode 0) from 23,864 at
        # 1,193,182 Hz, and its output shows at bit 5 of port 0x61.
        in      al, 0x61
        and     al, 0xfc                 # gate shut, speaker off
        out     0x61, al
        mov     al, 0xb0
        out     0x43, al
        mov     al, 23864 & 0xff
        out     0x42, al
        mov     al, 23864 >> 8
        out     0x42, al
        REPEAT  1
        in      al, 0x61
        or      al, 1                    # gate open: it counts
        out     0x61, al
1:      in      al, 0x61
        test    al, 0x20
        jz      1b
        REPORT  't'

        # a: plain arithmetic. Nothing in it needs the hypervisor: where it is slow, everything is.
        REPEAT  200000
        imul    rax, rax, 31
        add     rax, r13
        xor     rcx, rax
        REPORT  'a'

        # b: to another address space and back, touching pages in each
        REPEAT  5000
        mov     eax, offset pml4_b
        mov     cr3, rax
        mov     rdx, [0x200000]
        mov     rdx, [0x400000]
        mov     eax, offset pml4_a
        mov     cr3, rax
        mov     rdx, [0x200000]
        mov     rdx, [0x400000]
        REPORT  'b'

        # d: writes to a port; each one leaves the guest
        REPEAT  1000
        out     0x80, al
        REPORT  'd'

        # e: page faults that the handler answers by mapping the page
        REPEAT  2000
        mov     qword ptr [window_table], 0
        mov     eax, WINDOW
        invlpg  [rax]
        mov     rdx, [rax]
        REPORT  'e'

        # f: software interrupts
        REPEAT  10000
        int     0x30
        REPORT  'f'

        # i: the atomic that 64-bit kernels build their allocators on
        xor     eax, eax
        xor     edx, edx
        xor     ebx, ebx
        xor     ecx, ecx
        REPEAT  10000
        lock cmpxchg16b [scratch]
        REPORT  'i'

        # m: to ring 3 and 2,000 system calls from there
        mov     ecx, 0xc0000081          # STAR: kernel selectors from 0x08, user ones from 0x10
        xor     eax, eax
        mov     edx, 0x00100008
        wrmsr
        mov     ecx, 0xc0000082          # LSTAR: where syscall goes
        mov     eax, offset on_syscall
        xor     edx, edx
        wrmsr
        mov     ecx, 0xc0000084          # SFMASK: interrupts stay off inside
        mov     eax, 0x200
        wrmsr
        REPEAT  1
        mov     ecx, offset ring3
        mov     r11d, 2
        mov     r15d, 2000
        sysretq
ring3:
        mov     eax, 0                   # "come back"
        syscall
        dec     r15d
        jnz     ring3
        mov     eax, 1                   # "stay"
        syscall
on_syscall:
        test    eax, eax
        jnz     1f
        sysretq
1:
        REPORT  'm'

        mov     al, 'K'
        call    print_character
        call    print_newline
        mov     al, 16
        out     DEBUG_EXIT, al
halt:   hlt
        jmp     halt

# ---------------------------------------------------------------- parts

# rdi: the gate's address, eax: the handler's
set_gate:
        mov     edx, eax
        mov     [rdi], dx
        mov     word ptr [rdi + 2], CODE64
        mov     word ptr [rdi + 4], 0x8e00
        shr     edx, 16
        mov     [rdi + 6], dx
        ret

# The time-stamp counter in rax. The fence keeps the reading behind what stands before it.
read_counter:
        lfence
        rdtsc
        shl     rdx, 32
        or      rax, rdx
        ret

# bl: the mark; r14: the counter at the beginning
report:
        call    read_counter
        sub     rax, r14
        mov     r12, rax
        mov     al, bl
        call    print_character
        mov     al, '='
        call    print_character
        mov     rax, r12
        call    print_number
        jmp     print_newline

print_number:
        mov     rdx, rax
        mov     ecx, 16
1:      rol     rdx, 4
        mov     al, dl
        and     al, 15
        add     al, '0'
        cmp     al, '9'
        jbe     2f
        add     al, 'a' - '9' - 1
2:      out     DEBUG_CONSOLE, al
        dec     ecx
        jnz     1b
        ret

print_newline:
        mov     al, 10
print_character:
        out     DEBUG_CONSOLE, al
        ret

on_page_fault:
        mov     qword ptr [window_table], WINDOW_TARGET
        add     rsp, 8                   # the error code
on_call:
        iretq

unexpected:
        mov     al, 'X'
        call    print_character
        mov     r15d, 3                  # the vector, then two words of the frame
1:      mov     al, ' '
        call    print_character
        pop     rax
        call    print_number
        dec     r15d
        jnz     1b
        call    print_newline
        mov     al, 32
        out     DEBUG_EXIT, al
        jmp     halt

.balign 16
stubs:
.set vector, 0
.rept 64
.balign 16
        push    vector
        jmp     unexpected
.set vector, vector + 1
.endr

.balign 16
gdt:    .quad   0
        .quad   0x00af9a000000ffff       # 0x08 code, 64 bits, ring 0
        .quad   0x00cf92000000ffff       # 0x10 data, ring 0
        .quad   0x00cff2000000ffff       # 0x18 data, ring 3
        .quad   0x00affa000000ffff       # 0x20 code, 64 bits, ring 3
        .quad   0x0000890000000067, 0    # 0x28 task state; its address is filled in
gdt_pointer:
        .word   7 * 8 - 1
        .quad   gdt
idt_pointer:
        .word   64 * 16 - 1
        .quad   idt
image_end:

.bss
.balign 4096
tables:
pml4_a:           .skip 4096
pml4_b:           .skip 4096
pdpt:             .skip 4096
low_directory:    .skip 4096
window_directory: .skip 4096
window_table:     .skip 4096
idt:              .skip 64 * 16
task_state:       .skip 128
.balign 16
scratch:          .skip 16
.skip 8192
stack_top:
memory_end:
