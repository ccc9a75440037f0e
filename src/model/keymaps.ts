/** The keyboard layouts of QEMU (pc-bios/keymaps): the same since QEMU 4, and every QEMU of Debian ships them. */
export const KEYMAPS = [
  ...[
    'ar',
    'bepo',
    'cz',
    'da',
    'de',
    'de-ch',
    'en-gb',
    'en-us',
    'es',
    'et',
    'fi',
    'fo',
    'fr',
    'fr-be',
    'fr-ca',
    'fr-ch',
  ],
  ...['hr', 'hu', 'is', 'it', 'ja', 'lt', 'lv', 'mk', 'nl', 'no', 'pl', 'pt', 'pt-br', 'ru', 'sl', 'sv', 'th', 'tr'],
];
