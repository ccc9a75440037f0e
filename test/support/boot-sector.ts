import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exec } from '../../src/host/exec.ts';

/**
 * The smallest guest that does what an operating system does when it is asked to end. It says `lodge: booted` on the
 * serial port, powers itself off when it reads `o` there or when somebody presses the power button, and stops for ever
 * when it reads `h`. The ACPI registers lie where SeaBIOS puts them on `pc` (PIIX4: 0x600).
 */
const SOURCE = `
.intel_syntax noprefix
.code16
.globl _start
_start:
        xor     ax, ax
        mov     ds, ax
        mov     dx, 0x602               # PM1_EN: let the power button be seen
        mov     ax, 0x100
        out     dx, ax
        mov     si, offset text
1:      lodsb
        test    al, al
        jz      wait
        mov     dx, 0x3f8
        out     dx, al
        jmp     1b
wait:   mov     dx, 0x600               # PM1_STS: bit 8 is the power button
        in      ax, dx
        test    ax, 0x100
        jnz     off
        mov     dx, 0x3fd               # line status: bit 0, a character has come
        in      al, dx
        test    al, 1
        jz      wait
        mov     dx, 0x3f8
        in      al, dx
        cmp     al, 'h'
        je      stuck
        cmp     al, 'o'
        jne     wait
off:    mov     dx, 0x604               # PM1_CNT: soft off
        mov     ax, 0x2000
        out     dx, ax
stuck:  cli
        hlt
        jmp     stuck
text:   .asciz  "lodge: booted\\n"
.org 510
.word 0xaa55
`;

/** Assembles the sector (package binutils) and writes it to the beginning of a raw disk. */
export async function writeBootSector(disk: string): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'boot-sector-'));
  try {
    const [source, object, binary] = ['boot.S', 'boot.o', 'boot.bin'].map((name) => join(directory, name));
    if (source === undefined || object === undefined || binary === undefined) throw new Error('three names');
    await writeFile(source, SOURCE);
    await exec('as', ['--32', source, '-o', object]);
    await exec('ld', ['-m', 'elf_i386', '-Ttext', '0x7c00', '--oformat', 'binary', object, '-o', binary]);
    const file = await open(disk, 'r+');
    await file.write(await readFile(binary), 0, 512, 0);
    await file.close();
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
