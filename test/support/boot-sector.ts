import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exec } from '../../src/host/exec.ts';

/**
 * The smallest guest that does what an operating system does when it is asked to end. It says its mark on the serial
 * port, powers itself off when it reads `o` there or when somebody presses the power button, resets itself when it reads
 * `r`, and stops for ever when it reads `h`. The ACPI registers lie where SeaBIOS puts them on `pc` (PIIX4: 0x600).
 */
const source = (mark: string) => `
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
        cmp     al, 'r'
        je      reset
        cmp     al, 'o'
        jne     wait
off:    mov     dx, 0x604               # PM1_CNT: soft off
        mov     ax, 0x2000
        out     dx, ax
        jmp     stuck
reset:  mov     dx, 0xcf9               # reset control register: PIIX3 has it, and so has ICH9
        mov     al, 6
        out     dx, al
stuck:  cli
        hlt
        jmp     stuck
text:   .asciz  "${mark}\\n"
.org 510
.word 0xaa55
`;

/** The sector's 512 bytes (package binutils). */
async function bootSector(mark: string): Promise<Buffer> {
  const directory = await mkdtemp(join(tmpdir(), 'boot-sector-'));
  const file = (name: string) => join(directory, name);
  try {
    await writeFile(file('boot.S'), source(mark));
    await exec('as', ['--32', file('boot.S'), '-o', file('boot.o')]);
    const link = ['-m', 'elf_i386', '-Ttext', '0x7c00', '--oformat', 'binary'];
    await exec('ld', [...link, file('boot.o'), '-o', file('boot.bin')]);
    return (await readFile(file('boot.bin'))).subarray(0, 512);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** A CD that boots into the sector (package xorriso): El Torito, no emulation, which loads it as a disk's is loaded. */
export async function writeBootableCd(iso: string, mark: string): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'boot-cd-'));
  try {
    await writeFile(join(directory, 'boot.bin'), await bootSector(mark));
    const boot = ['-eltorito-boot', 'boot.bin', '-no-emul-boot', '-boot-load-size', '1'];
    await exec('xorriso', ['-as', 'mkisofs', '-quiet', ...boot, '-output', iso, directory]);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Writes the sector to the beginning of a raw disk that is there. */
export async function writeBootSector(disk: string, mark = 'lodge: booted'): Promise<void> {
  const file = await open(disk, 'r+');
  await file.write(await bootSector(mark), 0, 512, 0);
  await file.close();
}
